"""Acts on many drafts beside each other and beside reviewers who judge one by one: nothing is judged twice."""

from __future__ import annotations

import os
from collections import Counter
from uuid import uuid4

import pytest
from django.core.management import call_command

from members.models import Member
from review.bulk import bulk_undo, execution
from review.desk import deck
from review.models import Assignment, BulkAct, Decision, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Verdict
from tests.at_once import at_once
from tests.review.bulk.acts import pending, preview, said
from tests.review.desk.verbs import judge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
ROUNDS = range(10 if os.environ.get("STRESS") == "1" else 1)


def whole(task: Task) -> None:
    """What must hold whoever came first."""
    standing = Decision.objects.filter(retracted_by__isnull=True).exclude(verdict=Verdict.RETRACT)
    judged = Counter(standing.values_list("draft_id", flat=True))
    assert set(judged.values()) <= {1}
    assert Gold.objects.count() == len(judged)
    assert Draft.objects.filter(state=DraftState.DECIDED).count() == len(judged)
    for act in BulkAct.objects.filter(undone_at__isnull=True):
        assert act.count == Decision.objects.filter(bulk=act).exclude(verdict=Verdict.RETRACT).count()
    before = list(Gold.objects.order_by("draft_id").values())
    call_command("rebuild_golds", verbosity=0)
    assert list(Gold.objects.order_by("draft_id").values()) == before


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_acts_and_two_reviewers_on_the_same_drafts(
    task: Task, expert: Member, other: Member, admin, round_
) -> None:
    ids = pending(task)
    by_expert, by_admin = preview(task, ids, by=expert), preview(task, ids, "accept", by=admin)

    def one_by_one(member: Member) -> None:
        for card in deck.deal(member, task, count=5):
            judge(card, by=member)

    at_once(
        lambda: execution.carry_out(
            task, by=expert, id=uuid4(), drafts=by_expert.ids, submission=said(), tag=by_expert.tag
        ),
        lambda: execution.carry_out(
            task, by=admin, id=uuid4(), drafts=by_admin.ids, submission=said("accept"), tag=by_admin.tag, typed=len(ids)
        ),
        lambda: one_by_one(other),
        lambda: one_by_one(expert),
        may_refuse=True,
    )

    whole(task)
    assert not Assignment.objects.filter(state=AssignmentState.ACTIVE, draft__state=DraftState.DECIDED).exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_one_act_sent_from_two_tabs(task: Task, expert: Member, round_) -> None:
    plan, one = preview(task, pending(task), by=expert), uuid4()
    ask = {"by": expert, "id": one, "drafts": plan.ids, "submission": said(), "tag": plan.tag}

    at_once(*[lambda: execution.carry_out(task, **ask)] * 2, may_refuse=True)

    whole(task)
    assert BulkAct.objects.get().count == 40


@pytest.mark.parametrize("round_", ROUNDS)
def test_an_undo_while_the_act_is_under_way(task: Task, expert: Member, round_, monkeypatch) -> None:
    monkeypatch.setattr("review.bulk.planning.CHUNK", 4)
    plan, one = preview(task, pending(task), by=expert), uuid4()
    ask = {"by": expert, "id": one, "drafts": plan.ids, "submission": said(), "tag": plan.tag}
    execution._act(task, by=expert, id=one, submission=said(), tag=plan.tag, how={}, draft_count=40)

    at_once(lambda: execution.carry_out(task, **ask), lambda: bulk_undo.undo(one, by=expert), may_refuse=True)

    assert not Gold.objects.exists()
    assert Draft.objects.filter(state=DraftState.PENDING).count() == 40
    whole(task)
