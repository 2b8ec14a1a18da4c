"""Labels that a word model of the other golds would not give: planted ones are found,
and told with what they rest on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from members.models import Member
from review.datasets import doubtful, freezing
from review.datasets.doubtful import LookedAtGold
from review.datasets.filtering import GoldRow
from review.models import Record, Task
from tests.review import factories
from tests.review.datasets import golds

TEXTS = {"billing": "invoice refund charged twice", "bug": "crash button broken screen"}


def gold(number: int, label: str | None, *, text: str, group: str = "") -> LookedAtGold:
    row = GoldRow(
        decision=UUID(int=number), draft=UUID(int=number), split="train", verdict="accept", teacher="", origin="",
        reviewer="", group=group or f"company {number}", is_bulk=False, is_imported=False, capped=(),
    )  # fmt: skip
    return LookedAtGold(row, f"Ticket {number}", {"category": label}, text.split())


def many(count: int) -> list[LookedAtGold]:
    names = list(TEXTS)
    return [gold(number, names[number % 2], text=TEXTS[names[number % 2]]) for number in range(count)]


def test_a_planted_error_is_the_first_of_the_list() -> None:
    wrong = gold(99, "billing", text=TEXTS["bug"])

    found = doubtful.doubts_of("category", [*many(60), wrong])

    assert (found.golds, found.total, found.is_informed) == (61, 1, True)
    [label] = found.labels
    assert (label.draft, label.given, label.likely) == (wrong.row.draft, "billing", "bug")
    assert label.confidence > 0.9


def test_rare_labels_and_missing_ones_are_not_looked_at() -> None:
    found = doubtful.doubts_of(
        "category", [*many(60), *(gold(70 + n, "praise", text="thanks") for n in range(4)), gold(99, None, text="x")]
    )

    assert (found.golds, found.rare, found.total) == (60, 4, 0)


@pytest.mark.parametrize(
    "too_few",
    [many(29), [gold(n, "bug", text="crash") for n in range(60)],
        [gold(n, "bug" if n % 2 else "billing", text="x", group="one") for n in range(60)]],
    ids=["golds", "labels", "companies"],
)  # fmt: skip
def test_too_few_are_not_judged(too_few: list[LookedAtGold]) -> None:
    assert doubtful.doubts_of("category", too_few).right is None


def test_words_that_tell_nothing_are_said_to() -> None:
    same = [gold(number, "bug" if number % 3 else "billing", text="hello there") for number in range(60)]

    assert not doubtful.doubts_of("category", same).is_informed


@pytest.fixture
def task(admin: Member) -> Task:
    """Thirty-two tickets; the last is sorted as the others of its words are not."""
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False))
    records = factories.make_records(factories.make_source(task), 32)
    names = [("billing", "bug")[index % 2] for index in range(32)]
    for index, record in enumerate(records):
        record.facts = {"company": record.title, "text": f"{TEXTS[names[index]]} {golds.WORDS[index % 20]}{index}"}
    Record.objects.bulk_update(records, ["facts"])
    labels = [*names[:-1], "billing"]
    fields = [{"category": label, "urgent": True, "amount": None} for label in labels]
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(admin, task, count=32)
    return task


@pytest.mark.slow
@pytest.mark.django_db
def test_the_page_opens_the_doubted_gold_on_the_desk(
    task: Task, admin: Member, as_member: Callable[[Member], Client], api_as: Callable[..., Any]
) -> None:
    dataset = freezing.create(task, name="Tickets", by=admin)
    client = as_member(admin)

    page = client.get(f"/datasets/{dataset.slug}/doubtful/").content.decode()
    [category, _] = api_as(admin, scopes=("read",)).get(f"/api/v1/datasets/{dataset.slug}/doubtful/").json()["doubts"]

    [label] = category["labels"]
    assert (label["given"], label["likely"], category["total"]) == ("billing", "bug", 1)
    address = f"/tasks/{task.slug}/review/drafts/{label['draft']}/"
    assert address in page
    assert "1 label to look at" in page
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_a_task_of_texts_has_nothing_to_compare(admin: Member, as_member: Callable[[Member], Client]) -> None:
    dataset = freezing.create(factories.make_task(by=admin), name="Mails", by=admin)

    page = as_member(admin).get(f"/datasets/{dataset.slug}/doubtful/").content.decode()

    assert "This task writes texts only." in page
