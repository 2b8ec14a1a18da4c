"""What a verdict does to the deck it came from, and many decks at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.models import Assignment, Decision, Gold, Task
from review.states import AssignmentState
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

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
    results: list[object] = []
    start = threading.Barrier(10)

    def run() -> None:
        start.wait()
        try:
            results.append(judge(card, by=admin))
        except Refusal as refusal:
            results.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert results.count("already_judged") == 9
    assert Decision.objects.count() == Gold.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_reviewers_dealing_at_once_never_share_a_card(admin: Member, make_member) -> None:
    task = factories.make_desk(by=admin, count=40)
    experts = [make_member(f"expert{index}") for index in range(6)]
    for expert in experts:
        factories.join(expert, task)
    decks: list[list] = []
    start = threading.Barrier(len(experts))

    def run(expert: Member) -> None:
        start.wait()
        try:
            decks.append([card.draft_id for card in desk_deck.deal(expert, task, count=5)])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(expert,)) for expert in experts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    dealt = [draft for deck in decks for draft in deck]
    assert len(dealt) == len(set(dealt)) == 30
