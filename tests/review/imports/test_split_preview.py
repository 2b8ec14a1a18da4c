"""Splits of one's own: a column, shares for one import, and what is told of them before."""

from __future__ import annotations

from collections import Counter

import pytest

from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import ImportChoices, import_drafts, import_records, read_preview
from review.sources.imports.split_preview import SplitPlan
from review.spec.starters import outreach
from tests.review.imports.conftest import GOOD, Write, refusal_of
from web.errors import Refusal

ALL_TEST = ImportChoices(train=0.0, validation=0.0)


def sides() -> dict[str, str]:
    return dict(Record.objects.values_list("title", "split"))


@pytest.mark.django_db
def test_a_column_says_where_records_stand_and_an_empty_cell_leaves_it_to_the_shares(
    task: Task, admin: Member, write: Write
) -> None:
    rows = "company,sector,Split\nA,x,training\nB,x,dev\nC,x,held-out\nD,x,\n"

    import_records(task, write(rows), by=admin, choices=ALL_TEST)

    assert sides() == {"A": "train", "B": "validation", "C": "test", "D": "test"}
    assert Source.objects.get().reading == {"train": 0.0, "validation": 0.0}


@pytest.mark.django_db
def test_a_company_follows_the_split_of_any_of_its_rows(task: Task, admin: Member, write: Write) -> None:
    rows = "company,sector,domain,split\nAcme,x,acme.example,\nAcme,y,,\nBolt,x,acme.example,validation\n"

    import_records(task, write(rows), by=admin, choices=ALL_TEST)

    assert set(sides().values()) == {"validation"}


@pytest.mark.django_db
def test_rows_that_would_part_a_company_or_name_no_split_are_bad(task: Task, admin: Member, write: Write) -> None:
    path = write("company,sector,split\nAcme,x,train\nAcme,y,test\nBolt,x,later\n")

    preview = read_preview(path, spec=outreach.SPEC, task=task)
    refusal = refusal_of(task, path, admin)

    reasons = {
        3: "its split is test, but records of 'acme' are in train: one company can be in one split only",
        4: "'split' is 'later', expected train, validation or test",
    }
    assert dict(preview.errors) == reasons
    assert refusal.errors == {f"row {row}": [reason] for row, reason in reasons.items()}


@pytest.mark.django_db
def test_a_later_file_cannot_move_a_company(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(GOOD), by=admin, choices=ALL_TEST)

    with pytest.raises(Refusal, match="its split is train, but records of 'acme' are in test"):
        import_records(task, write("company,sector,split\nAcme,other,train\n"), by=admin)
    with pytest.raises(Refusal, match="its split is train, but records of 'acme' are in test"):
        import_drafts(task, write("company,subject,body,split\nAcme,Hello,A text,train\n"), by=admin)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("train", "validation"), [(0.9, 0.2), (-0.1, 0.5), (0.5, None), (None, 0.1), (float("nan"), 0.1)]
)
def test_shares_that_are_none_are_refused(
    task: Task, admin: Member, write: Write, train: float | None, validation: float | None
) -> None:
    refusal = refusal_of(task, write(GOOD), admin, choices=ImportChoices(train=train, validation=validation))

    assert refusal.code == "shares_invalid"


@pytest.mark.django_db
def test_a_preview_tells_where_new_records_would_stand(task: Task, admin: Member, write: Write) -> None:
    import_records(task, write(GOOD), by=admin, choices=ALL_TEST)
    path = write(GOOD + "Cog,tools,3\nCog,tools,3\nDyne,power,4\nEcho,sound,5\n")

    plan = read_preview(path, spec=outreach.SPEC, task=task, choices=ImportChoices(train=1.0, validation=0.0)).plan

    assert plan is not None
    assert plan.lines == [("Train", 3, 3), ("Validation", 0, 0), ("Test", 0, 2)]
    assert Record.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("count", [20, 700])
def test_what_is_shown_beforehand_is_what_comes(task: Task, admin: Member, write: Write, count: int) -> None:
    rows = "".join(f"Firm{n % (count - 5)},s{n}\n" for n in range(count))
    path = write(f"company,sector\n{rows}")

    plan = read_preview(path, spec=outreach.SPEC, task=task).plan
    import_records(task, path, by=admin)

    assert plan is not None
    stored = Record.objects.order_by("row_number").values_list("row_number", "title", "split")
    assert [(row.number, row.group, row.split) for row in plan.rows] == list(stored[:50])
    assert (plan.groups, plan.filled) == (count - 5, set(sides().values()))
    assert plan.added == dict(Counter(Record.objects.values_list("split", flat=True)))


def test_few_test_records_are_told_with_what_they_can_show() -> None:
    few, enough, none = (SplitPlan({"test": count}, {}) for count in (10, 30, 0))

    assert few.interval is not None
    assert few.is_small and not enough.is_small
    # Clopper and Pearson's interval of 8 in 10.
    assert (round(few.interval.low, 3), round(few.interval.high, 3)) == (0.444, 0.975)
    assert none.is_small and none.interval is None
    assert 0.62 < none.interval_of_enough.low < none.interval_of_enough.high < 0.91
