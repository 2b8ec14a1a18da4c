"""Golds of one input that say different values: found, listed, counted, and left out where wanted."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from members.models import Member
from review.datasets import freezing
from review.datasets.contradictions import EqualInputs, against
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.selection import Selection
from review.models import Dataset, Record, Task
from tests.review import factories
from tests.review.datasets import golds

SPEC = factories.triage_spec(with_reasoning=False)


def equal_inputs(*golds_of: tuple[dict[str, Any], dict[str, Any]]) -> EqualInputs:
    equal = EqualInputs(SPEC)
    for index, (facts, gold) in enumerate(golds_of):
        equal.add(index, facts, None, gold)
    return equal


def test_blanks_and_case_do_not_tell_inputs_apart_and_words_do() -> None:
    equal = equal_inputs(
        ({"company": "A", "text": "Paid  twice\n"}, {"category": "billing"}),
        ({"company": "a ", "text": "paid twice"}, {"category": "bug"}),
        ({"company": "a", "text": "paid twice!"}, {"category": "praise"}),
    )

    [said] = equal.contradictions()

    assert list(said) == [0, 1]
    assert equal.differing(said) == ["category"]


def test_the_form_of_letters_does_not_tell_inputs_apart() -> None:
    text = "Rückgabe"
    said = [({"text": unicodedata.normalize(form, text)}, {"category": name})
            for form, name in (("NFC", "bug"), ("NFD", "praise"))]  # fmt: skip

    assert len(equal_inputs(*said).contradictions()) == 1


def test_who_asked_does_not_matter_where_what_is_asked_is_a_text() -> None:
    def contradicted(text: str) -> int:
        facts = [{"company": name, "text": text} for name in ("Alder", "Pike")]
        return len(equal_inputs((facts[0], {"category": "bug"}), (facts[1], {"category": "praise"})).contradictions())

    assert contradicted("it stopped working this morning") == 1
    assert contradicted("cold logistics") == 0


def test_equal_values_are_no_contradiction_and_a_missing_one_is() -> None:
    same = ({"text": "x"}, {"category": "bug", "amount": 1})
    assert equal_inputs(same, ({"text": "X"}, {"category": "bug", "amount": 1.0})).contradictions() == []
    [said] = equal_inputs(same, ({"text": "X"}, {"category": "bug", "amount": None})).contradictions()
    assert len(said) == 2


def test_what_an_older_version_of_the_task_did_not_ask_contradicts_nothing() -> None:
    assert equal_inputs(({"text": "x"}, {"category": "bug"}), ({"text": "x"}, {"urgent": True})).contradictions() == []


def test_an_object_that_an_older_version_of_the_task_asked_for_is_compared_too() -> None:
    older = ({"text": "x"}, {"category": {"kind": "bug", "parts": [{"name": "a"}]}})

    assert equal_inputs(older, older).contradictions() == []
    [said] = equal_inputs(older, ({"text": "x"}, {"category": "bug"})).contradictions()
    assert len(said) == 2


def test_each_gold_is_set_against_one_that_says_something_else() -> None:
    [said] = equal_inputs(*(({"text": "x"}, {"category": name}) for name in ("bug", "bug", "praise"))).contradictions()

    assert [against(said, index) for index in said] == [2, 2, 0]


def test_texts_are_not_compared() -> None:
    equal = EqualInputs(factories.outreach.SPEC)
    assert equal.fields == ()


@pytest.fixture
def task(admin: Member) -> Task:
    """Eight tickets; the first three ask the same, and the third is sorted differently."""
    task = factories.make_task(by=admin, spec=SPEC)
    records = factories.make_records(factories.make_source(task), 8)
    for index, record in enumerate(records):
        text = "I was charged twice this month" + (" " * index) if index < 3 else f"{golds.WORDS[index]} broke"
        record.facts = {"company": "Foss" if index < 3 else record.title, "text": text}
        record.group = "foss" if index < 3 else record.group
    Record.objects.bulk_update(records, ["facts", "group"])
    fields = [{"category": "bug" if index >= 2 else "billing", "urgent": True, "amount": None} for index in range(8)]
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(admin, task, count=8)
    return task


@pytest.fixture
def dataset(task: Task, admin: Member) -> Dataset:
    return freezing.create(task, name="Tickets", by=admin)


def selected(task: Task, **filters: Any) -> Selection:
    return freezing.select(task, DatasetFilters.model_validate(filters))


@pytest.mark.django_db
def test_a_filter_leaves_all_golds_of_a_contradicted_input_out(task: Task) -> None:
    kept, left_out = selected(task, near_duplicates=None), selected(task, contradictions="leave_out")

    assert [len(group) for group in kept.contradictions] == [3]
    assert (len(kept.rows), len(left_out.rows)) == (8, 5)
    assert left_out.dropped == {"contradiction": 3}
    assert kept.counts()["contradictions"] == {"inputs": 1, "golds": 3, "rows": 3}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_preview_counts_them_and_the_card_tells(
    task: Task, dataset: Dataset, admin: Member, as_member: Callable[[Member], Client], api_as: Callable[..., Any]
) -> None:
    page = as_member(admin).get(f"/datasets/{dataset.slug}/").content.decode()
    told = api_as(admin, scopes=("read",)).get(f"/api/v1/datasets/{dataset.slug}/preview/").json()
    version = freezing.freeze(dataset, by=admin, filters={"contradictions": "leave_out"})
    golds.sealed(version)

    assert "1 input whose approved examples contradict each other" in page
    assert told["contradictions"] == {"inputs": 1, "golds": 3}
    assert "1 input is answered differently by 3 examples; 0 of these are rows of this version." in version.card
    assert "| Contradictions | −3 | 5 |" in version.card


@pytest.mark.django_db
def test_the_page_lists_each_with_what_it_says_and_a_link(
    task: Task, dataset: Dataset, admin: Member, as_member: Callable[[Member], Client], api_as: Callable[..., Any]
) -> None:
    page = as_member(admin).get(f"/datasets/{dataset.slug}/doubtful/").content.decode()
    told = api_as(admin, scopes=("read",)).get(f"/api/v1/datasets/{dataset.slug}/doubtful/").json()

    [group] = told["contradictions"]
    assert [gold["values"] for gold in group] == [{"category": name} for name in ("billing", "billing", "bug")]
    assert all(f"/tasks/{task.slug}/review/drafts/{gold['draft']}/" in page for gold in group)
    assert "<td>Category: bug</td>" in page
    assert "Too little data" in page
    assert [field["right"] for field in told["doubts"]] == [None, None]
