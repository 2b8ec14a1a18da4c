"""Taking a verdict back, and what counts after it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.desk import golds
from review.models import Assignment, Decision, Gold, Task
from review.states import DraftState, Verdict
from tests.review.desk.verbs import judge, pass_on, take_back
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_taking_back_returns_the_card_and_removes_the_gold(card: Assignment, expert: Member) -> None:
    first = judge(card, by=expert, verdict="edit", fields={"subject": "Other", "body": "Words"})

    undone = take_back(first, card, by=expert)

    assert undone.draft_state == DraftState.LEASED
    assert undone.deck[0].draft_id == card.draft_id
    assert undone.deck[0].unfinished == {"subject": "Other", "body": "Words"}
    assert not Gold.objects.exists()
    assert not judge(card, by=expert, verdict="reject").decision.is_late
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_a_decision_is_taken_back_once(card: Assignment, expert: Member) -> None:
    first = judge(card, by=expert)
    take_back(first, card, by=expert)

    with pytest.raises(Refusal) as refused:
        take_back(first, card, by=expert)

    assert refused.value.code == "already_retracted"


def test_nobody_takes_back_the_word_of_another(card: Assignment, expert: Member, admin: Member) -> None:
    first = judge(card, by=expert)

    with pytest.raises(Http404):
        take_back(first, card, by=admin, if_match=desk_deck.etag_for(card.draft, admin))


def test_taking_back_a_late_decision_brings_nothing_back(card: Assignment, expert: Member, other: Member) -> None:
    judge(pass_on(card, to=other), by=other)
    late = judge(card, by=expert)

    undone = take_back(late, card, by=expert)

    assert undone.draft_state == DraftState.DECIDED
    assert undone.deck == []
    assert Gold.objects.get().decision.reviewer == other


def test_rebuilding_golds_gives_identical_rows(task: Task, expert: Member, other: Member) -> None:
    deck = desk_deck.deal(expert, task, count=5)
    judge(deck[0], by=expert)
    judge(deck[1], by=expert, verdict="reject")
    judge(deck[2], by=expert, verdict="edit", fields={"subject": "a", "body": "b"})
    take_back(judge(deck[3], by=expert), deck[3], by=expert)
    undone = take_back(judge(deck[4], by=expert), deck[4], by=expert)
    judge(undone.deck[0], by=expert, verdict="reject")
    before = list(Gold.objects.order_by("draft_id").values())

    written = golds.rebuild()

    assert written == 4
    assert list(Gold.objects.order_by("draft_id").values()) == before


def test_the_latest_standing_decision_resolves() -> None:
    now = timezone.now()
    first = Decision(id=uuid4(), verdict=Verdict.ACCEPT, created_at=now)
    back = Decision(id=uuid4(), verdict=Verdict.RETRACT, retracts=first, created_at=now + timedelta(seconds=1))
    second = Decision(id=uuid4(), verdict=Verdict.REJECT, created_at=now + timedelta(seconds=2))
    late = Decision(id=uuid4(), verdict=Verdict.EDIT, created_at=now + timedelta(seconds=3), is_late=True)

    assert golds.resolving([first]) is first
    assert golds.resolving([first, back]) is None
    assert golds.resolving([late, second, back, first]) is second
