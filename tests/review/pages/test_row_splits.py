"""The split of rows of one's own: shown with the groups before the task is made,
and one may choose what keeps rows together.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from members.models import Member
from review.models import Record, Task

pytestmark = pytest.mark.django_db
PAGE = "/tasks/new/rows/"


@pytest.fixture
def lead(admin: Member, as_member: Any) -> Any:
    return as_member(admin)


def made(lead: Any, address: str, act: str, **more: str) -> Any:
    return lead.post(address, {"name": "Ticket sorting", "record_noun": "ticket", "do": act, **more})


def letters(customers: int, rows: int = 16) -> str:
    """Rows with a title of their own, of so many customers."""
    lines = [
        f"T-{n},Customer {n % customers},Letter {n} says {n * 7} things.,{'yes' if n % 2 else 'no'}"
        for n in range(rows)
    ]
    return "\n".join(["ticket,customer,message,urgent", *lines])


@pytest.mark.parametrize("act", ["judge", "teacher"])
def test_each_row_is_shown_with_the_side_and_the_group_that_it_then_has(lead: Any, act: str) -> None:
    found = lead.post(PAGE, {"rows": letters(5)})["Location"]
    page = lead.get(found).content.decode()

    made(lead, found, act)

    shown = re.findall(
        r'muted">\d+</td><td class="clip">(T-\d+) .*?</td><td>(Customer \d)</td>.*?is-idle">(\w+)<', page
    )
    stored = Record.objects.order_by("row_number").values_list("title", "facts__customer", "split")
    assert shown == list(stored) and len(shown) == 16
    assert {split for _, _, split in shown} == {"train", "validation", "test"}
    assert "5 customers" in page and "split-shortage" not in page


def test_too_few_groups_are_told_and_no_grouping_helps(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": letters(2)})["Location"]
    page = lead.get(found).content.decode()

    alone = lead.post(found, {"do": "look", "name": "A", "record_noun": "ticket", "group": ""}).content.decode()
    made(lead, found, "judge", group="")

    assert "16 records of 2 customers: none is in test." in page
    assert "Group by another column or by none" in page
    assert "split-shortage" not in alone
    assert set(Record.objects.values_list("split", flat=True)) == {"train", "validation", "test"}
    assert "group" not in {field.role for field in Task.objects.get().versions.get().spec.input_schema}


def test_another_column_can_keep_rows_together(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": letters(2)})["Location"]

    made(lead, found, "judge", group="message")

    spec = Task.objects.get().versions.get().spec
    assert (spec.facts_with_role("group"), spec.facts_with_role("title")) == ("message", "ticket")


def test_a_title_that_rows_share_groups_them_no_more_where_each_row_stands_for_itself(lead: Any) -> None:
    rows = "product,review,stars\n" + "".join(f"Kettle,Review {n} of it.,{n % 5}\n" for n in range(16))
    found = lead.post(PAGE, {"rows": rows})["Location"]
    page = lead.get(found).content.decode()

    made(lead, found, "teacher", group="")

    assert "16 records of 1 product: none is in validation or test." in page
    assert Record.objects.values("group").distinct().count() == 16
    assert set(Record.objects.values_list("split", flat=True)) == {"train", "validation", "test"}
