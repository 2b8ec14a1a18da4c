"""Datasets of labels: balance is told, caps keep it, and records, not answers, are what must not stand twice."""

from __future__ import annotations

from typing import Any

import pytest

from members.models import Member
from review.datasets import freezing
from review.datasets import write_version as writing
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.selection import Selection
from review.models import Draft, Record, Task
from review.spec.schema import OutputField
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db
SAME = " ".join(f"the {word} of a templated mail that many people send us" for word in golds.WORDS)
LONG = golds.WORDS * 20


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False))
    records = factories.make_records(factories.make_source(task), 12)
    labels = ["billing"] * 8 + ["bug"] * 4
    for index, record in enumerate(records):
        words = " ".join(f"{word}{index}" for word in golds.WORDS)
        record.facts = {"company": record.title, "text": SAME if index in (0, 1) else words}
    Record.objects.bulk_update(records, ["facts"])
    fields = [
        {**factories.triage_fields(index, with_reasoning=False), "category": labels[index]} for index in range(12)
    ]
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(admin, task, count=12)
    return task


def selected(task: Task, **filters: Any) -> Selection:
    return freezing.select(task, DatasetFilters.model_validate(filters))


def test_equal_labels_are_no_duplicates_and_equal_records_are(task: Task) -> None:
    selection = selected(task)

    assert selection.dropped == {"near_duplicate": 1}
    assert selection.balance["category"] == {"billing": 7, "bug": 4}
    assert selection.balance["urgent"] == {"yes": 6, "no": 5}


def test_equal_quotes_are_no_duplicates_either(admin: Member) -> None:
    quote = OutputField(name="quote", type="quote", source="text")
    spec = factories.triage_spec(with_reasoning=False)
    spec = spec.model_copy(update={"output_schema": (*spec.output_schema, quote)})
    task = factories.make_task(by=admin, spec=spec, slug="quoted")
    records = factories.make_records(factories.make_source(task), 4)
    for index, record in enumerate(records):
        record.facts = {"company": record.title, "text": f"{SAME} " + " ".join(f"{word}{index}" for word in LONG)}
    Record.objects.bulk_update(records, ["facts"])
    values = {**factories.triage_fields(0, with_reasoning=False), "quote": SAME}
    factories.make_drafts(task, records, fields=[values] * 4)
    golds.accept_all(admin, task, count=4)

    assert selected(task).dropped == {}


def test_near_duplicates_may_be_kept(task: Task) -> None:
    assert selected(task, near_duplicates=None).dropped == {}
    assert len(selected(task, near_duplicates=None).rows) == 12


def test_one_record_in_two_splits_is_left_out_of_both(task: Task) -> None:
    Record.objects.filter(pk=Draft.objects.filter(task=task).first().record_id).update(split=Split.TEST)  # type: ignore[union-attr]
    twin = Record.objects.filter(task=task, facts__text=SAME).exclude(split=Split.TEST)

    assert twin.count() == 1
    assert selected(task).dropped == {"straddles": 2}


def test_a_cap_on_a_label_evens_the_classes(task: Task) -> None:
    selection = selected(task, cap_per={"category": 3}, near_duplicates=None)

    assert selection.balance["category"] == {"billing": 3, "bug": 3}
    assert selection.dropped == {"cap": 6}


def test_a_cap_reads_what_the_expert_made_of_it(task: Task, admin: Member) -> None:
    factories.make_drafts(
        task, factories.make_records(factories.make_source(task), 1, text="else"),
        fields=[factories.triage_fields(0, with_reasoning=False)],
    )  # fmt: skip
    golds.decide(admin, task, "edit", fields={"category": "praise", "urgent": True, "amount": None})

    selection = selected(task, cap_per={"category": 1}, near_duplicates=None)

    assert selection.balance["category"] == {"billing": 1, "bug": 1, "praise": 1}


@pytest.mark.slow
def test_the_balance_is_on_the_pages_and_the_card(task: Task, admin: Member, as_member: Any) -> None:
    dataset = freezing.create(task, name="Tickets", by=admin)
    page = as_member(admin).get(f"/datasets/{dataset.slug}/").content.decode()
    assert "Rows count as duplicates" in page
    version = freezing.freeze(dataset, by=admin)
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))

    page = as_member(admin).get(f"/datasets/{dataset.slug}/v/{version.number}/").content.decode()

    assert "Class balance" in page
    assert "billing" in page
    version.refresh_from_db()
    assert version.counts["balance"]["category"] == {"billing": 7, "bug": 4}
