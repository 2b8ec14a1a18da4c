"""Approved texts of similar records, for a reviewer who asks: of the task and the split, never a blind verdict's."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from members.models import Member
from review.bulk import approved_texts
from review.desk import decisions, deck
from review.models import Draft, Record, Task
from review.states import DraftState
from tests.review import factories

pytestmark = pytest.mark.django_db
TEXTS = [
    "The invoice charges me twice for the router.",
    "My router was charged twice on this invoice.",
    "The invoice of the router is charged too high.",
    "A parcel never arrived at my door.",
    "The router invoice again, charged twice.",
]


@pytest.fixture
def task(admin: Member, expert: Member) -> Task:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="questions")
    factories.join(expert, task)
    source = factories.make_source(task)
    for text in TEXTS:
        [record] = factories.make_records(source, 1)
        Record.objects.filter(pk=record.pk).update(facts={"question": text}, split="train")
        factories.make_drafts(task, [record], fields=[{"reply": f"Answer to: {text}"}])
    return task


def drafts() -> list[Draft]:
    by_text = {
        draft.record.facts["question"]: draft
        for draft in Draft.objects.filter(task__slug="questions").select_related("record", "task_version")
    }
    return [by_text[text] for text in TEXTS]


def judge(draft: Draft, *, by: Member, verdict: str = "accept", **more: Any) -> None:
    card = deck.hold(by, draft.pk)
    decisions.record(draft.pk, by=by, id=uuid4(), verdict=verdict, if_match=card.etag, **more)


def shown(member: Member) -> list[int]:
    """Places of the texts shown for the first draft, the most similar first."""
    found = approved_texts.most_similar(member, drafts()[0])
    return [TEXTS.index(each.draft.record.facts["question"]) for each in found]


@pytest.fixture
def approved(task: Task, admin: Member) -> None:
    for draft in drafts()[1:]:
        judge(draft, by=admin)


def test_the_two_most_similar_approved_texts_of_the_split_are_shown(approved: None, expert: Member) -> None:
    assert set(shown(expert)) <= {1, 2, 4} and len(shown(expert)) == 2
    Record.objects.filter(facts__question=TEXTS[4]).update(split="test")
    assert set(shown(expert)) == {1, 2}


def test_what_was_rejected_or_waits_for_a_blind_verdict_is_not_shown(task: Task, admin: Member, expert: Member) -> None:
    _, waiting, rejected, _, accepted = drafts()
    judge(rejected, by=admin, verdict="reject")
    judge(accepted, by=admin)
    judge(waiting, by=admin)
    # A second opinion: the first verdict counts until a second one contradicts it.
    Draft.objects.filter(pk=waiting.pk).update(state=DraftState.PENDING, verdicts_wanted=2)

    assert shown(expert) == [4]


def test_an_edited_text_is_shown_as_approved_and_its_people_are_not_named(
    task: Task, admin: Member, expert: Member, as_member
) -> None:
    judge(drafts()[1], by=admin, verdict="edit", fields={"reply": "We refund one of the two charges."})

    page = as_member(expert).get(reverse("review:approved", args=[drafts()[0].pk])).content.decode()

    assert "We refund one of the two charges." in page
    main = page[page.index("<main") :]
    # Ids hold letters too: `5adac1`.
    assert not re.search(rf"\b({admin.name}|{admin.username})\b", main)


def test_a_card_that_hides_the_teachers_answer_shows_none(
    approved: None, expert: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approved_texts, "has_hidden", lambda *_: True)

    assert shown(expert) == []
