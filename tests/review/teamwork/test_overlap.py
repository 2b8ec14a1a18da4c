"""Drafts that several reviewers judge blind: when they resolve, when they are disputed, and what an undo does."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.desk import decisions, golds, pace, queues
from review.desk import deck as desk_deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Decision, DeskSettings, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Drawn
from tests.at_once import at_once
from tests.review import factories
from tests.review.desk.verbs import judge, take_back

pytestmark = pytest.mark.django_db

OTHER_WORDS = {"subject": "Cold loads", "body": "Hi,\n\nother words"}


def state_of(card: Assignment) -> str:
    return Draft.objects.values_list("state", flat=True).get(pk=card.draft_id)


def test_a_first_verdict_waits_for_a_second(task: Task, expert: Member, deals) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]

    outcome = judge(card, by=expert)

    assert outcome.draft_state == DraftState.PENDING
    assert state_of(card) == DraftState.PENDING
    assert not Gold.objects.exists()
    assert Draft.objects.get(pk=card.draft_id).verdicts_wanted == 2


def test_who_judged_a_card_is_not_dealt_it_again_and_the_next_reviewer_has_it_first(
    task: Task, expert: Member, other: Member, deals
) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)

    mine = desk_deck.deal(expert, task, count=8)
    theirs = desk_deck.deal(other, task, count=1)

    assert card.draft_id not in {each.draft_id for each in mine}
    assert [each.draft_id for each in theirs] == [card.draft_id]
    assert theirs[0].drawn == Drawn.OVERLAP


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ({"verdict": "accept"}, {"verdict": "accept"}, DraftState.DECIDED),
        ({"verdict": "reject", "reasons": ["tone"]}, {"verdict": "reject", "reasons": ["wrong_fact"]},
            DraftState.DECIDED),
        ({"verdict": "edit", "fields": OTHER_WORDS}, {"verdict": "edit", "fields": OTHER_WORDS}, DraftState.DECIDED),
        ({"verdict": "accept"}, {"verdict": "reject", "reasons": ["tone"]}, DraftState.DISPUTED),
        ({"verdict": "accept"}, {"verdict": "edit", "fields": OTHER_WORDS}, DraftState.DISPUTED),
    ],
)  # fmt: skip
def test_two_verdicts_resolve_a_card_when_they_end_with_the_same_text(
    task: Task, expert: Member, other: Member, deals, first, second, state
) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]
    earliest = judge(card, by=expert, **first).decision

    outcome = judge(desk_deck.deal(other, task, count=1)[0], by=other, **second)

    assert outcome.draft_state == state == state_of(card)
    counting = list(Gold.objects.values_list("decision", flat=True))
    assert counting == ([earliest.pk] if state == DraftState.DECIDED else [])


def test_three_reviewers_are_waited_for_where_three_are_wanted(
    task: Task, expert: Member, other: Member, third: Member, deals
) -> None:
    deals(overlap_share=1.0, overlap_reviewers=3)
    card = desk_deck.deal(expert, task, count=1)[0]

    states = [judge(card, by=expert).draft_state]
    for member in (other, third):
        states.append(judge(desk_deck.deal(member, task, count=1)[0], by=member).draft_state)

    assert states == [DraftState.PENDING, DraftState.PENDING, DraftState.DECIDED]
    assert Decision.objects.filter(draft=card.draft_id).count() == 3


def test_the_share_of_drafts_drawn_is_the_share_asked_for_and_grows_with_it() -> None:
    ids = [uuid4() for _ in range(4000)]

    fifth = {one for one in ids if queues.is_drawn("seed", one, 0.2)}
    half = {one for one in ids if queues.is_drawn("seed", one, 0.5)}

    assert 0.17 < len(fifth) / len(ids) < 0.23
    assert fifth < half
    assert fifth != {one for one in ids if queues.is_drawn("another seed", one, 0.2)}
    assert not any(queues.is_drawn("seed", one, 0.0) for one in ids)
    assert all(queues.is_drawn("seed", one, 1.0) for one in ids)


def test_changing_the_share_leaves_judged_cards_alone(task: Task, expert: Member, other: Member, deals) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    deals(overlap_share=1.0)
    waiting = desk_deck.deal(expert, task, count=1)[0]
    judge(waiting, by=expert)

    deals(overlap_share=0.0)

    assert state_of(card) == DraftState.DECIDED
    assert state_of(waiting) == DraftState.PENDING
    assert desk_deck.deal(other, task, count=1)[0].draft_id == waiting.draft_id


def test_a_lone_reviewer_goes_on_with_fresh_cards(task: Task, expert: Member, deals) -> None:
    deals(overlap_share=1.0)
    deck = desk_deck.deal(expert, task, count=2)
    judged = 0

    while deck:
        outcome = judge(deck.pop(0), by=expert, deck_size=2)
        deck += outcome.deck
        judged += 1

    assert judged == 8
    assert outcome.pace.left == 0
    assert Draft.objects.filter(state=DraftState.PENDING, verdicts_wanted=2).count() == 8


def test_a_verdict_is_taken_back_while_another_judges_the_card_blind(
    task: Task, expert: Member, other: Member, deals
) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]
    first = judge(card, by=expert)
    theirs = desk_deck.deal(other, task, count=1)[0]

    taken = take_back(first, card, by=expert)
    second = judge(theirs, by=other)
    again = desk_deck.deal(expert, task, count=1)[0]

    assert taken.deck == []
    assert second.draft_state == DraftState.PENDING
    assert again.draft_id == card.draft_id
    assert judge(again, by=expert).draft_state == DraftState.DECIDED


def test_a_verdict_taken_back_after_both_agree_takes_the_gold_with_it(
    task: Task, expert: Member, other: Member, deals
) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    theirs = desk_deck.deal(other, task, count=1)[0]
    second = judge(theirs, by=other)

    back = take_back(second, theirs, by=other)

    assert not Gold.objects.exists()
    assert [each.draft_id for each in back.deck] == [card.draft_id]
    desk_deck.release(other, [ReleasedCard(card.draft_id)])
    assert state_of(card) == DraftState.PENDING


def test_golds_rebuilt_are_the_golds_written(task: Task, expert: Member, other: Member, deals) -> None:
    deals(overlap_share=1.0)
    for member in (expert, other):
        for card in desk_deck.deal(member, task, count=5):
            edit = {"verdict": "edit", "fields": OTHER_WORDS} if member == other and card.draft.marks_count else {}
            judge(card, by=member, **edit)
    written = sorted(Gold.objects.values_list("draft", "decision"))

    golds.rebuild()

    assert sorted(Gold.objects.values_list("draft", "decision")) == written
    assert len(written) < Decision.objects.count()


@pytest.mark.django_db(transaction=True)
def test_reviewers_who_judge_one_card_at_the_same_moment_leave_exactly_as_many_verdicts_as_it_takes(
    admin: Member, make_member
) -> None:
    task = factories.make_desk(by=admin, count=3)
    DeskSettings.objects.create(task=task, overlap_share=1.0)
    card = Draft.objects.order_by("queue_position").first()
    experts = [make_member(f"expert{index}") for index in range(8)]
    for expert in experts:
        factories.join(expert, task)

    def run(expert: Member) -> str:
        tag = desk_deck.etag_for(card, expert)
        return decisions.record(card.pk, by=expert, id=uuid4(), verdict="accept", if_match=tag).draft_state

    ends = at_once(*(partial(run, expert) for expert in experts), may_refuse=True)

    assert sorted(ends) == ["card_not_free"] * 6 + ["decided", "pending"]
    assert Decision.objects.filter(draft=card).count() == 2
    assert Assignment.objects.filter(draft=card, state=AssignmentState.DONE).count() == 2
    assert Gold.objects.count() == 1


def test_what_is_left_is_counted_from_indexes_of_queues_alone(task: Task, expert: Member) -> None:
    with CaptureQueriesContext(connection) as seen:
        pace.pace_of(expert, task, since=timezone.now())

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {seen[-1]['sql']}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        # By state alone all that waits would be read to find the few that wait for further reviewers.
        assert "drafts_by_state" not in plan
        assert "desk_queue_of_overlap" in plan
