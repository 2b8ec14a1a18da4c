"""Share-outs beside each other and beside reviewers who take cards: no card is given twice,
none is taken from a deck.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from audit.models import AuditRow
from members.models import Member
from review.adjudication.share_outs import share
from review.adjudication.share_outs.share import ShareRequest
from review.desk import deck
from review.models import Assignment, Draft, SharedCard, ShareOut, Task
from review.states import AssignmentState, DraftState
from tests.at_once import at_once
from tests.review import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
ROUNDS = range(10 if os.environ.get("STRESS") == "1" else 1)


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=40)


def request(task: Task, lead: Member, *members: Member, count: int = 20) -> ShareRequest:
    until = timezone.now().date() + timedelta(days=2)
    names = [member.username for member in members]
    return share.read_request(task, by=lead, members=names, count=count, until=until)


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_leads_share_out_while_reviewers_take_cards(
    task: Task, lead: Member, admin: Member, expert: Member, other: Member, third: Member, round_: int
) -> None:
    by_lead, by_admin = request(task, lead, expert, other), request(task, admin, other, third)

    at_once(
        lambda: share.share_out(task, by_lead, by=lead, id=uuid4()),
        lambda: share.share_out(task, by_admin, by=admin, id=uuid4()),
        lambda: deck.deal(third, task, count=5),
        lambda: deck.deal(expert, task, count=5),
        may_refuse=True,
    )

    cards = SharedCard.objects.all()
    assert cards.count() == sum(ShareOut.objects.values_list("count", flat=True))
    assert cards.values("draft").distinct().count() == cards.count()
    assert not cards.exclude(draft__for_reviewer=F("part__member")).exists()
    held = Assignment.objects.filter(state=AssignmentState.ACTIVE)
    assert (
        held.values("draft").distinct().count() == held.count() == Draft.objects.filter(state=DraftState.LEASED).count()
    )
    assert not held.filter(draft__for_reviewer__isnull=False).exclude(draft__for_reviewer=F("reviewer")).exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_one_share_out_sent_from_two_tabs(task: Task, lead: Member, expert: Member, round_: int) -> None:
    asked, one = request(task, lead, expert), uuid4()

    at_once(*[lambda: share.share_out(task, asked, by=lead, id=one)] * 2, may_refuse=True)

    assert ShareOut.objects.get().count == Draft.objects.filter(for_reviewer=expert).count() == 20


@pytest.mark.parametrize("round_", ROUNDS)
def test_an_undo_beside_the_clock_and_a_deal(
    task: Task, lead: Member, expert: Member, other: Member, round_: int
) -> None:
    made: Any = share.share_out(task, request(task, lead, expert), by=lead, id=uuid4())

    at_once(
        lambda: share.undo(made.pk, by=lead),
        lambda: share.end_due(made.until + timedelta(days=1)),
        lambda: deck.deal(expert, task, count=5),
        lambda: deck.deal(other, task, count=5),
        may_refuse=True,
    )

    assert AuditRow.objects.filter(act__in=("share_out_undone", "share_out_ended")).count() == 1
    assert not Draft.objects.filter(for_reviewer__isnull=False).exists()
    assert Assignment.objects.filter(state=AssignmentState.ACTIVE).count() == 10
