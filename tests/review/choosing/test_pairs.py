"""Preference pairs: from edits, preferences and revisions, and what is left out of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from members.models import Member
from review.desk import deck
from review.desk.preferences import record_preference
from review.desk.preferences.queries import PreferencePair, pairs
from review.erasure import erase
from review.models import Draft, Gold, Record, Revocation, Task
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


def say(draft: Draft, *, by: Member, **said: Any) -> None:
    judge(deck.hold(by, draft.pk), by=by, **said)


def best_of(task: Task, drafts: list[Draft], best: int | None, *, by: Member) -> UUID:
    shown = [draft.pk for draft in drafts]
    chosen = None if best is None else shown[best]
    made = record_preference.choose(task, by=by, id=uuid4(), record_id=drafts[0].record_id, shown=shown, chosen=chosen)
    return made.preference.pk


def edited(draft: Draft) -> dict[str, str]:
    return {**draft.fields, "body": "Shorter. Would Thursday suit you?"}


def found(task: Task, **only: Any) -> list[PreferencePair]:
    return list(pairs(task, **only))


def test_an_edit_is_preferred_to_what_it_began_with(task: Task, drafts: list[Draft], expert: Member) -> None:
    say(drafts[0], by=expert, verdict="edit", fields=edited(drafts[0]))

    [pair] = found(task)

    assert (pair.kind, pair.draft_chosen, pair.draft_rejected) == ("edit", drafts[0].pk, drafts[0].pk)
    assert pair.chosen_fields["body"].startswith("Shorter.")
    assert pair.rejected_fields == drafts[0].fields
    assert (pair.reviewer, pair.split) == ("rob", drafts[0].record.split)
    assert pair.decision_or_preference_id == Gold.objects.get().decision_id


def test_the_best_of_three_is_preferred_to_each_of_the_others(task: Task, drafts: list[Draft], expert: Member) -> None:
    preference = best_of(task, drafts, 1, by=expert)

    made = found(task, kinds=["preference"])

    assert {pair.draft_rejected for pair in made} == {drafts[0].pk, drafts[2].pk}
    assert {pair.decision_or_preference_id for pair in made} == {preference}
    assert all(pair.chosen_fields == drafts[1].fields for pair in made)


def test_a_follow_up_is_not_preferred_to_a_draft_that_answers_another_prompt(
    task: Task, drafts: list[Draft], expert: Member
) -> None:
    best_of(task, drafts, 1, by=expert)
    told = [{"subject": "One", "body": "What the reader got before."}]
    Draft.objects.filter(pk__in=[drafts[1].pk, drafts[2].pk]).update(thread=told)

    made = found(task, kinds=["preference"])

    assert [pair.draft_rejected for pair in made] == [drafts[2].pk]


def test_a_chosen_draft_that_was_edited_brings_the_edited_text(task: Task, drafts: list[Draft], expert: Member) -> None:
    best_of(task, drafts, 0, by=expert)
    say(drafts[0], by=expert, verdict="edit", fields=edited(drafts[0]))

    made = found(task, kinds=["preference"])

    assert {pair.chosen_fields["body"] for pair in made} == {edited(drafts[0])["body"]}


def test_a_chosen_draft_that_was_rejected_is_still_better_than_the_others(
    task: Task, drafts: list[Draft], expert: Member
) -> None:
    best_of(task, drafts, 0, by=expert)
    say(drafts[0], by=expert, verdict="reject")

    assert [pair.chosen_fields for pair in found(task)] == [drafts[0].fields] * 2


def test_none_is_better_and_a_preference_taken_back_make_no_pairs(
    task: Task, records: list[Record], expert: Member
) -> None:
    by_record = [list(Draft.objects.filter(record=record)) for record in records]
    best_of(task, by_record[0], None, by=expert)
    taken = best_of(task, by_record[1], 0, by=expert)
    record_preference.take_back(taken, by=expert, id=uuid4())

    assert found(task) == []


def test_an_accepted_revision_is_preferred_to_its_parent(task: Task, drafts: list[Draft], expert: Member) -> None:
    Draft.objects.filter(pk=drafts[1].pk).update(parent=drafts[0])
    say(drafts[1], by=expert)

    [pair] = found(task)

    assert (pair.kind, pair.draft_chosen, pair.draft_rejected) == ("revision", drafts[1].pk, drafts[0].pk)


def test_a_revision_whose_parent_was_accepted_too_says_nothing(task: Task, drafts: list[Draft], expert: Member) -> None:
    Draft.objects.filter(pk=drafts[1].pk).update(parent=drafts[0])
    say(drafts[0], by=expert)
    say(drafts[1], by=expert)

    assert found(task, kinds=["revision"]) == []


def test_erased_and_revoked_drafts_are_in_no_pair(
    task: Task, records: list[Record], expert: Member, admin: Member
) -> None:
    by_record = [list(Draft.objects.filter(record=record)) for record in records]
    for drafts in by_record:
        best_of(task, drafts, 0, by=expert)
    Revocation.objects.create(draft=by_record[0][1], by=admin, reason="wrong")
    Revocation.objects.create(draft=by_record[1][0], by=admin, reason="wrong")

    erase.erase_records([records[2].pk])

    [pair] = found(task)
    assert pair.draft_rejected == by_record[0][2].pk


def test_pairs_narrow_to_the_drafts_of_a_selection(task: Task, records: list[Record], expert: Member) -> None:
    by_record = [list(Draft.objects.filter(record=record)) for record in records[:2]]
    for drafts in by_record:
        best_of(task, drafts, 0, by=expert)

    made = found(task, drafts={by_record[0][0].pk})

    assert {pair.record_id for pair in made} == {records[0].pk}
