"""Choosing the best of several drafts, taking it back, and what both refuse."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, transaction
from django.http import Http404

from members.models import Member
from review.desk import deck
from review.desk.preferences import lineups, record_preference
from review.desk.preferences.record_preference import PreferenceOutcome
from review.erasure import erase
from review.models import Assignment, Draft, Preference, Record, Task
from review.states import AssignmentState, DraftState, Role
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def choose(task: Task, drafts: list[Draft], *, by: Member, best: int | None = 0, **more: Any) -> PreferenceOutcome:
    body = {"id": uuid4(), "record_id": drafts[0].record_id, "shown": [draft.pk for draft in drafts], **more}
    return record_preference.choose(task, by=by, chosen=None if best is None else drafts[best].pk, **body)


def states(drafts: list[Draft]) -> list[str]:
    known = Draft.objects.in_bulk([draft.pk for draft in drafts])
    return [known[draft.pk].state for draft in drafts]


def test_the_chosen_draft_waits_for_its_chooser_and_the_others_leave_the_desk(
    task: Task, drafts: list[Draft], expert: Member
) -> None:
    outcome = choose(task, drafts, by=expert, best=1, seconds=4.5)

    assert (outcome.preference.chosen_id, outcome.preference.seconds) == (drafts[1].pk, 4.5)
    assert states(drafts) == [DraftState.KEPT, DraftState.PENDING, DraftState.KEPT]
    assert Draft.objects.get(pk=drafts[1].pk).for_reviewer == expert
    assert deck.deal(expert, task, count=1)[0].draft_id == drafts[1].pk


def test_none_is_better_leaves_all_on_the_desk_and_is_not_asked_again(
    task: Task, drafts: list[Draft], expert: Member
) -> None:
    choose(task, drafts, by=expert, best=None)

    assert states(drafts) == [DraftState.PENDING] * 3
    seen = {lineups.next_lineup(expert, task).record.pk}
    assert drafts[0].record_id not in seen


def test_the_same_request_twice_records_one_preference(task: Task, drafts: list[Draft], expert: Member) -> None:
    id = uuid4()
    first = choose(task, drafts, by=expert, id=id)

    again = choose(task, drafts, by=expert, id=id)

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.preference == first.preference
    assert Preference.objects.count() == 1


def test_an_id_with_another_body_is_refused(task: Task, drafts: list[Draft], expert: Member, other: Member) -> None:
    id = uuid4()
    choose(task, drafts, by=expert, id=id)

    for by, best in ((expert, 2), (other, 0)):
        with pytest.raises(Refusal) as refused:
            choose(task, drafts, by=by, best=best, id=id)
        assert (refused.value.status, refused.value.code) == (409, "preference_id_reused")


def test_a_draft_in_front_of_somebody_else_cannot_be_chosen_among(
    task: Task, drafts: list[Draft], expert: Member, other: Member
) -> None:
    deck.hold(other, drafts[2].pk)

    with pytest.raises(Refusal) as refused:
        choose(task, drafts, by=expert)

    assert (refused.value.status, refused.value.code) == (409, "drafts_moved")
    assert not Preference.objects.exists()
    assert states(drafts) == [DraftState.PENDING, DraftState.PENDING, DraftState.LEASED]


def test_a_draft_in_the_choosers_own_deck_can(task: Task, drafts: list[Draft], expert: Member) -> None:
    for draft in drafts[:2]:
        deck.hold(expert, draft.pk)

    choose(task, drafts, by=expert, best=0)

    assert states(drafts) == [DraftState.PENDING, DraftState.KEPT, DraftState.KEPT]
    assert not Assignment.objects.filter(draft__in=drafts, state=AssignmentState.ACTIVE).exists()


def test_a_draft_of_a_campaign_cannot(task: Task, drafts: list[Draft], expert: Member) -> None:
    earlier = choose(task, drafts, by=expert).preference
    Draft.objects.filter(pk=drafts[2].pk).update(origin="campaign")
    record_preference.take_back(earlier.pk, by=expert, id=uuid4())

    with pytest.raises(Refusal, match="written for a campaign") as refused:
        choose(task, drafts, by=expert)

    assert (refused.value.code, list(refused.value.errors)) == ("invalid_preference", ["shown"])
    assert states(drafts) == [DraftState.PENDING] * 3


def test_a_judged_draft_cannot(task: Task, drafts: list[Draft], expert: Member, other: Member) -> None:
    judge(deck.hold(other, drafts[0].pk), by=other)

    with pytest.raises(Refusal, match="judged"):
        choose(task, drafts, by=expert)


@pytest.mark.parametrize("wrong", ["one", "twice", "stranger", "nan", "note"])
def test_parts_that_do_not_fit_are_named(task: Task, drafts: list[Draft], expert: Member, wrong: str) -> None:
    shown = [draft.pk for draft in drafts]
    body: dict[str, Any] = {
        "one": {"shown": shown[:1]}, "twice": {"shown": [shown[0], *shown]}, "stranger": {"shown": shown[1:]},
        "nan": {"seconds": float("nan")}, "note": {"note": "x" * 2001},
    }[wrong]  # fmt: skip

    with pytest.raises(Refusal) as refused:
        choose(task, drafts, by=expert, **body)

    assert refused.value.status == 422
    assert list(refused.value.errors) == [{"one": "shown", "twice": "shown", "stranger": "chosen"}.get(wrong) or
                                          {"nan": "seconds", "note": "note"}[wrong]]  # fmt: skip


def test_drafts_of_two_records_cannot_be_compared(
    task: Task, records: list[Record], drafts: list[Draft], expert: Member
) -> None:
    stranger = Draft.objects.filter(record=records[1]).first()

    with pytest.raises(Refusal, match="not all for this record"):
        choose(task, [*drafts, stranger], by=expert)


def test_taking_back_returns_what_left_the_desk(task: Task, drafts: list[Draft], expert: Member) -> None:
    made = choose(task, drafts, by=expert, best=1).preference

    record_preference.take_back(made.pk, by=expert, id=uuid4())

    assert states(drafts) == [DraftState.PENDING] * 3
    assert Draft.objects.get(pk=drafts[1].pk).for_reviewer is None
    assert lineups.lineup_of_record(expert, task, drafts[0].record_id) is not None


def test_taking_back_twice_is_once_and_another_time_is_refused(task: Task, drafts: list[Draft], expert: Member) -> None:
    made, id = choose(task, drafts, by=expert).preference, uuid4()
    record_preference.take_back(made.pk, by=expert, id=id)

    assert record_preference.take_back(made.pk, by=expert, id=id).is_replay
    with pytest.raises(Refusal) as refused:
        record_preference.take_back(made.pk, by=expert, id=uuid4())

    assert refused.value.code == "already_retracted"


def test_a_preference_stays_once_its_draft_is_judged(task: Task, drafts: list[Draft], expert: Member) -> None:
    made = choose(task, drafts, by=expert).preference
    judge(deck.hold(expert, drafts[0].pk), by=expert)

    with pytest.raises(Refusal) as refused:
        record_preference.take_back(made.pk, by=expert, id=uuid4())

    assert refused.value.code == "judged_since"
    assert states(drafts) == [DraftState.DECIDED, DraftState.KEPT, DraftState.KEPT]


def test_nobody_takes_back_anothers_preference(task: Task, drafts: list[Draft], expert: Member, other: Member) -> None:
    made = choose(task, drafts, by=expert).preference

    with pytest.raises(Http404):
        record_preference.take_back(made.pk, by=other, id=uuid4())


def test_a_viewer_does_not_choose(task: Task, drafts: list[Draft], make_member: Any) -> None:
    viewer = make_member("vic")
    factories.join(viewer, task, Role.VIEWER)

    with pytest.raises(PermissionDenied):
        choose(task, drafts, by=viewer)


def test_erasing_a_person_reaches_the_note_of_a_preference(
    task: Task, records: list[Record], drafts: list[Draft], expert: Member
) -> None:
    made = choose(task, drafts, by=expert, note="Ms Ellwood would like this one").preference
    other = list(Draft.objects.filter(record=records[1]))
    kept = choose(task, other, by=expert, note="Clear").preference

    erase.erase_records([drafts[0].record_id])

    assert Preference.objects.get(pk=made.pk).note == ""
    assert Preference.objects.get(pk=kept.pk).note == "Clear"
    assert lineups.lineup_of_record(expert, task, drafts[0].record_id) is None


def test_a_preference_never_changes(task: Task, drafts: list[Draft], expert: Member) -> None:
    made = choose(task, drafts, by=expert).preference

    for act in (lambda: Preference.objects.update(note="x"), lambda: Preference.objects.filter(pk=made.pk).delete()):
        with pytest.raises(Error, match="never changes"), transaction.atomic():
            act()
