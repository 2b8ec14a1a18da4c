"""Dealing, leases, leaving and setting aside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Decision, Draft, Task
from review.states import AssignmentState, DraftState, Role
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=12)


def expire(member: Member) -> None:
    Assignment.objects.filter(reviewer=member).update(leased_until=timezone.now() - timedelta(seconds=1))


def ids(deck: list[Assignment]) -> list:
    return [assignment.draft_id for assignment in deck]


def test_a_deck_is_dealt_in_queue_order(task: Task, expert: Member) -> None:
    deck = desk_deck.deal(expert, task, count=5)

    first = list(Draft.objects.order_by("queue_position").values_list("pk", flat=True)[:5])
    assert ids(deck) == first
    assert Draft.objects.filter(state=DraftState.LEASED).count() == 5


def test_dealing_again_gives_the_same_deck_with_a_longer_lease(task: Task, expert: Member) -> None:
    before = desk_deck.deal(expert, task, count=5)

    after = desk_deck.deal(expert, task, count=5)

    assert ids(after) == ids(before)
    assert after[0].leased_until > before[0].leased_until
    assert after[0].etag == before[0].etag


def test_two_reviewers_never_hold_the_same_card(task: Task, expert: Member, other: Member) -> None:
    mine, theirs = desk_deck.deal(expert, task, count=5), desk_deck.deal(other, task, count=5)

    assert not set(ids(mine)) & set(ids(theirs))


def test_the_database_itself_refuses_a_second_holder(task: Task, expert: Member, other: Member) -> None:
    from django.db import IntegrityError

    card = desk_deck.deal(expert, task, count=1)[0]

    with pytest.raises(IntegrityError):
        Assignment.objects.create(
            draft_id=card.draft_id, reviewer=other, task=task, leased_until=timezone.now(), etag="x"
        )


def test_the_queue_runs_out_without_a_fault(task: Task, expert: Member, other: Member) -> None:
    desk_deck.deal(other, task, count=10)

    deck = desk_deck.deal(expert, task, count=5)

    assert len(deck) == 2


def test_cards_of_an_expired_lease_go_to_the_next_reviewer(task: Task, expert: Member, other: Member) -> None:
    lost = desk_deck.deal(expert, task, count=2)
    expire(expert)

    deck = desk_deck.deal(other, task, count=2)

    assert ids(deck) == ids(lost)
    assert not Assignment.objects.filter(reviewer=expert, state=AssignmentState.ACTIVE).exists()


def test_an_expired_lease_that_nobody_reclaimed_stays_with_its_reviewer(task: Task, expert: Member) -> None:
    before = desk_deck.deal(expert, task, count=2)
    expire(expert)

    after = desk_deck.deal(expert, task, count=2)

    assert ids(after) == ids(before)


def test_leaving_returns_the_card_at_once_and_keeps_the_unfinished_edit(
    task: Task, expert: Member, other: Member
) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    unfinished = {"subject": "Half a", "body": "thought"}

    released = desk_deck.release(expert, [ReleasedCard(card.draft_id, unfinished=unfinished)])

    assert released == 1
    assert ids(desk_deck.deal(other, task, count=1)) == [card.draft_id]
    desk_deck.release(other, [ReleasedCard(card.draft_id)])
    back = desk_deck.deal(expert, task, count=1)[0]
    assert back.draft_id == card.draft_id
    assert back.unfinished == unfinished


def test_a_release_from_an_older_page_leaves_the_newer_pages_card_alone(task: Task, expert: Member) -> None:
    old = desk_deck.deal(expert, task, count=1)[0]
    seen_until = old.leased_until
    Assignment.objects.update(leased_until=seen_until + timedelta(seconds=5))

    released = desk_deck.release(expert, [ReleasedCard(old.draft_id, seen_until=seen_until)])

    assert released == 0
    assert Assignment.objects.get().state == AssignmentState.ACTIVE


def test_releasing_twice_or_what_is_not_held_does_nothing(task: Task, expert: Member, other: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]

    assert desk_deck.release(other, [ReleasedCard(card.draft_id)]) == 0
    assert desk_deck.release(expert, [ReleasedCard(card.draft_id)]) == 1
    assert desk_deck.release(expert, [ReleasedCard(card.draft_id)]) == 0


def test_a_card_set_aside_comes_back_last_with_its_note(task: Task, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=5)[1]

    refill = desk_deck.set_aside(card.draft_id, by=expert, note="Is the depot open?", deck_size=5)

    assert len(refill) == 1
    assert refill[0].draft_id != card.draft_id
    deck = desk_deck.deal(expert, task, count=12)
    assert deck[-1].draft_id == card.draft_id
    assert deck[-1].note == "Is the depot open?"


def test_setting_aside_again_answers_as_the_first_time(task: Task, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=5)[1]
    desk_deck.set_aside(card.draft_id, by=expert, note=" Open? ", deck_size=5)
    before = Draft.objects.get(pk=card.draft_id).queue_position

    again = desk_deck.set_aside(card.draft_id, by=expert, note=" Open? ", deck_size=5)

    assert again == []
    assert Draft.objects.get(pk=card.draft_id).queue_position == before
    with pytest.raises(Refusal, match="no longer in your deck"):
        desk_deck.set_aside(card.draft_id, by=expert, note="Another word")


def test_a_card_whose_setting_aside_is_undone_is_as_it_was(task: Task, expert: Member, other: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    desk_deck.set_aside(card.draft_id, by=expert)

    back = desk_deck.undo_set_aside(expert, card.draft_id)

    assert (back.draft_id, back.drawn, back.note) == (card.draft_id, card.drawn, card.note)
    desk_deck.release(expert, [ReleasedCard(card.draft_id)])
    assert ids(desk_deck.deal(other, task, count=1)) == [card.draft_id]


def test_drafts_that_arrive_later_come_before_cards_set_aside(task: Task, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    desk_deck.set_aside(card.draft_id, by=expert)

    late = factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 1))

    order = ids(desk_deck.deal(expert, task, count=13))
    assert order.index(late[0].pk) < order.index(card.draft_id)


def test_only_a_held_card_can_be_set_aside(task: Task, expert: Member, other: Member) -> None:
    card = desk_deck.deal(other, task, count=1)[0]

    with pytest.raises(Refusal) as refused:
        desk_deck.set_aside(card.draft_id, by=expert)

    assert refused.value.status == 409


def test_a_card_one_judged_late_is_not_dealt_to_one_again(task: Task, expert: Member, other: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    expire(expert)
    desk_deck.deal(other, task, count=1)
    judge(card, by=expert)
    desk_deck.release(other, [ReleasedCard(card.draft_id)])

    assert card.draft_id not in ids(desk_deck.deal(expert, task, count=12))
    assert card.draft_id in ids(desk_deck.deal(other, task, count=12))


def test_a_certain_card_can_be_held_when_it_is_free(task: Task, expert: Member, other: Member) -> None:
    last = Draft.objects.order_by("queue_position").last()

    card = desk_deck.hold(expert, last.pk)

    assert card.draft_id == last.pk
    assert desk_deck.hold(expert, last.pk).draft_id == last.pk
    with pytest.raises(Refusal):
        desk_deck.hold(other, last.pk)


def test_a_viewer_is_dealt_nothing(task: Task, make_member) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)

    with pytest.raises(PermissionDenied, match="reviewer"):
        desk_deck.deal(viewer, task, count=1)


@pytest.mark.slow
def test_dealing_takes_the_same_queries_from_a_long_queue(task: Task, expert: Member) -> None:
    with CaptureQueriesContext(connection) as short:
        first = desk_deck.deal(expert, task, count=5)
    desk_deck.release(expert, [ReleasedCard(card.draft_id) for card in first])
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 300))

    with CaptureQueriesContext(connection) as long:
        desk_deck.deal(expert, task, count=5)

    assert len(long) == len(short) <= 10


def test_the_queue_is_read_from_its_partial_index(task: Task, expert: Member) -> None:
    with CaptureQueriesContext(connection) as seen:
        desk_deck.deal(expert, task, count=5)

    take = next(query["sql"] for query in seen if '"queue_position" ASC' in query["sql"] and "LIMIT" in query["sql"])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {take}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "desk_queue" in plan
        assert "TEMP B-TREE" not in plan


def test_what_was_decided_leaves_the_deck(task: Task, expert: Member) -> None:
    deck = desk_deck.deal(expert, task, count=2)

    judge(deck[0], by=expert)

    assert ids(desk_deck.deal(expert, task, count=2))[0] == deck[1].draft_id
    assert Decision.objects.count() == 1
