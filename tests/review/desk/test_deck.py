"""What a verdict does to the deck it came from, and many decks at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.models import Assignment, Decision, Gold, Task
from review.states import AssignmentState
from tests.at_once import at_once
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


def test_a_verdict_tops_up_the_deck_it_came_from(task: Task, expert: Member) -> None:
    deck = desk_deck.deal(expert, task, count=5)

    outcome = judge(deck[0], by=expert, deck_size=5)

    assert len(outcome.deck) == 1
    assert outcome.pace.left == 7
    assert Assignment.objects.filter(state=AssignmentState.ACTIVE).count() == 5


def test_a_top_up_reclaims_expired_cards_when_the_queue_is_short(task: Task, expert: Member, other: Member) -> None:
    deck = desk_deck.deal(expert, task, count=5)
    desk_deck.deal(other, task, count=3)
    Assignment.objects.filter(reviewer=other).update(leased_until=timezone.now() - timedelta(seconds=1))

    outcome = judge(deck[0], by=expert, deck_size=5)

    assert len(outcome.deck) == 1


@pytest.mark.slow
def test_a_decision_asks_at_most_ten_questions_however_long_the_queue(task: Task, expert: Member) -> None:
    deck = desk_deck.deal(expert, task, count=5)
    with CaptureQueriesContext(connection) as short:
        judge(deck[0], by=expert, deck_size=5)
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 300))

    with CaptureQueriesContext(connection) as long:
        judge(deck[1], by=expert, deck_size=5)

    assert len(long) == len(short) <= 10


@pytest.mark.django_db(transaction=True)
def test_ten_requests_at_once_for_one_card_record_one_decision(admin: Member) -> None:
    task = factories.make_desk(by=admin, count=2)
    card = desk_deck.deal(admin, task, count=1)[0]

    ends = at_once(*[lambda: judge(card, by=admin)] * 10, may_refuse=True)

    assert ends.count("already_judged") == 9
    assert Decision.objects.count() == Gold.objects.count() == 1
