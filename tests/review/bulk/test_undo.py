"""One undo takes back all of an act that still stands."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.http import Http404

from members.models import Member
from review.adjudication import rulings
from review.bulk import bulk_undo, execution
from review.desk import deck
from review.desk import lead_queue as seen
from review.models import Assignment, Decision, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Verdict
from tests.review.bulk.acts import act, pending, preview, said
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


def test_undo_brings_all_back_as_they_were(task: Task, expert: Member) -> None:
    ids = pending(task)
    done = act(task, ids[:30], by=expert)

    undone = bulk_undo.undo(done.pk, by=expert)

    assert undone.count == 30
    assert not undone.kept
    assert pending(task) == ids
    assert not Gold.objects.exists()
    assert Decision.objects.filter(verdict=Verdict.RETRACT).count() == 30
    assert not Assignment.objects.filter(state=AssignmentState.DONE).exists()


def test_what_was_undone_is_dealt_and_judged_again_by_the_same_reviewer(task: Task, expert: Member) -> None:
    done = act(task, pending(task), by=expert)
    bulk_undo.undo(done.pk, by=expert)

    (card,) = deck.deal(expert, task, count=1)
    judge(card, by=expert)

    assert Gold.objects.get().verdict == Verdict.ACCEPT


def test_undo_twice_takes_back_once(task: Task, expert: Member) -> None:
    done = act(task, pending(task, 5), by=expert)

    first, second = bulk_undo.undo(done.pk, by=expert), bulk_undo.undo(done.pk, by=expert)

    assert (first.count, second.count) == (5, 0)
    assert Decision.objects.filter(verdict=Verdict.RETRACT).count() == 5


def test_an_act_that_was_undone_is_not_done_again(task: Task, expert: Member) -> None:
    plan = preview(task, pending(task, 5), by=expert)
    ask = {"by": expert, "id": plan.ids[0], "drafts": plan.ids, "submission": said(), "tag": plan.tag}
    bulk_undo.undo(execution.carry_out(task, **ask).pk, by=expert)

    execution.carry_out(task, **ask)

    assert not Gold.objects.exists()


def test_what_a_lead_ruled_on_stays_and_is_said(task: Task, expert: Member, admin: Member, other: Member) -> None:
    done = act(task, pending(task, 5), by=expert)
    one = Decision.objects.filter(bulk=done).first()
    rulings.ask_again(one.draft_id, by=admin, if_match=seen.dispute_etag(one.draft_id))
    card = deck.hold(other, one.draft_id)
    judge(card, by=other)
    rulings.settle(
        one.draft_id, by=admin, if_match=seen.dispute_etag(one.draft_id), decision=one.pk, verdict="accept",
        fields=None, reasons=[], ratings={}, note="",
    )  # fmt: skip

    undone = bulk_undo.undo(done.pk, by=expert)

    assert undone.count == 4
    assert undone.kept == {"a lead has ruled on them": 1}
    assert Gold.objects.get().decision_id == one.pk


def test_a_draft_judged_by_another_meanwhile_keeps_that_verdict(
    task: Task, expert: Member, admin: Member, other: Member
) -> None:
    done = act(task, pending(task, 5), by=expert)
    one = Decision.objects.filter(bulk=done).first()
    rulings.ask_again(one.draft_id, by=admin, if_match=seen.dispute_etag(one.draft_id))
    judge(deck.hold(other, one.draft_id), by=other)

    undone = bulk_undo.undo(done.pk, by=expert)

    assert undone.count == 5
    assert undone.kept == {"judged by others meanwhile; their verdict counts now": 1}
    assert Gold.objects.get().decision.reviewer == other
    assert Draft.objects.get(pk=one.draft_id).state == DraftState.DECIDED


def test_golds_rebuild_identically_after_an_undo(task: Task, expert: Member) -> None:
    act(task, pending(task, 5), by=expert)
    bulk_undo.undo(act(task, pending(task, 5), by=expert).pk, by=expert)
    before = list(Gold.objects.order_by("draft_id").values())

    call_command("rebuild_golds", verbosity=0)

    assert len(before) == 5
    assert list(Gold.objects.order_by("draft_id").values()) == before


def test_what_was_set_aside_comes_back_to_its_place(task: Task, expert: Member) -> None:
    ids = pending(task)
    done = act(task, ids[3:9], "set_aside", by=expert)

    undone = bulk_undo.undo(done.pk, by=expert)

    assert undone.count == 6
    assert pending(task) == ids


def test_what_was_set_aside_and_judged_since_stays_judged(task: Task, expert: Member) -> None:
    ids = pending(task)
    done = act(task, ids[:3], "set_aside", by=expert)
    judge(deck.hold(expert, ids[0]), by=expert)

    undone = bulk_undo.undo(done.pk, by=expert)

    assert undone.count == 2
    assert undone.kept == {"no longer set aside": 1}
    assert Gold.objects.get().draft_id == ids[0]


def test_nobody_undoes_the_act_of_another(task: Task, expert: Member, other: Member, make_member) -> None:
    done = act(task, pending(task, 3), by=expert)

    with pytest.raises(PermissionDenied):
        bulk_undo.undo(done.pk, by=other)
    with pytest.raises(Http404):
        bulk_undo.undo(done.pk, by=make_member("stranger"))

    assert Gold.objects.count() == 3
