"""A share of cards comes at random, so that rates over them are those of all drafts whatever order the rest come in."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from review.desk import deck as desk_deck
from review.desk.decisions import queries as said
from review.desk.deck import ReleasedCard
from review.models import Assignment, Draft, Task
from review.states import RANDOM_SLICE_BELOW, Drawn
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def sliced(task: Task) -> list[Draft]:
    """The last four drafts of the task are its random slice, the last of them first."""
    drafts = list(Draft.objects.order_by("-queue_position")[:4])
    for place, draft in enumerate(drafts):
        Draft.objects.filter(pk=draft.pk).update(random_key=place)
    return drafts


def drawn(deck: list[Assignment]) -> list[str]:
    return [card.drawn for card in deck]


@pytest.mark.slow
def test_cards_of_the_slice_come_at_about_the_share_asked_for(admin: Member, make_member, deals) -> None:
    task = factories.make_task(by=admin, slug="many")
    drafts = factories.make_drafts(task, factories.make_records(factories.make_source(task), 400))
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts[:200]]).update(random_key=5)
    expert = make_member("many")
    factories.join(expert, task)

    deck = desk_deck.deal(expert, task, count=200)

    assert 10 <= drawn(deck).count(Drawn.RANDOM) <= 55  # 30 expected of 200 at 15 %, with five standard deviations


def test_the_slice_is_dealt_by_its_own_key_and_when_all_else_is_judged(
    task: Task, expert: Member, sliced: list[Draft]
) -> None:
    deck = desk_deck.deal(expert, task, count=8)

    at_random = [card.draft_id for card in deck if card.drawn == Drawn.RANDOM]
    assert at_random == [draft.pk for draft in sliced]
    assert drawn(deck).count(Drawn.QUEUE) == 4


def test_a_card_of_the_slice_that_was_set_aside_comes_last_and_still_counts_as_drawn(
    task: Task, expert: Member, sliced: list[Draft]
) -> None:
    card = next(card for card in desk_deck.deal(expert, task, count=8) if card.drawn == Drawn.RANDOM)

    desk_deck.set_aside(card.draft_id, by=expert)
    desk_deck.release(expert, [ReleasedCard(held.draft_id) for held in Assignment.objects.all()])

    deck = desk_deck.deal(expert, task, count=8)
    assert deck[-1].draft_id == card.draft_id
    assert deck[-1].drawn == Drawn.RANDOM
    assert Draft.objects.get(pk=card.draft_id).random_key >= RANDOM_SLICE_BELOW


def test_a_card_of_the_slice_is_in_it_again_when_setting_it_aside_is_undone(
    task: Task, expert: Member, sliced: list[Draft]
) -> None:
    card = next(card for card in desk_deck.deal(expert, task, count=8) if card.drawn == Drawn.RANDOM)
    desk_deck.set_aside(card.draft_id, by=expert)

    back = desk_deck.undo_set_aside(expert, card.draft_id)

    assert back.drawn == Drawn.RANDOM
    assert Draft.objects.get(pk=card.draft_id).random_key == card.draft.random_key


@pytest.mark.slow
def test_rates_are_asked_of_first_verdicts_on_the_slice_alone(
    task: Task, expert: Member, other: Member, deals, sliced: list[Draft]
) -> None:
    deals(overlap_share=1.0)
    firsts = {card.draft_id: judge(card, by=expert).decision for card in desk_deck.deal(expert, task, count=8)}
    for card in desk_deck.deal(other, task, count=8):
        judge(card, by=other)

    counted = {decision.pk for decision in said.random_slice(task)}

    assert counted == {firsts[draft.pk].pk for draft in sliced}


def test_drawing_at_random_takes_a_card_by_its_index(task: Task, expert: Member, sliced: list[Draft]) -> None:
    with CaptureQueriesContext(connection) as seen:
        desk_deck.deal(expert, task, count=8)

    draws = [query["sql"] for query in seen if '"random_key" ASC' in query["sql"] and "LIMIT" in query["sql"]]
    assert draws
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {draws[0]}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "desk_queue_at_random" in plan
        assert "TEMP B-TREE" not in plan
