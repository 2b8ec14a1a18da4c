"""Known answers are dealt among the others, measure their reader, and make no gold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from members.models import Member
from review.adjudication.known_answers import manage
from review.adjudication.known_answers import queries as met
from review.desk import deck as desk_deck
from review.desk import golds
from review.desk.deck import ReleasedCard
from review.models import Assignment, Decision, Draft, Gold, KnownAnswer, Task
from review.states import AssignmentState, DraftState, Drawn
from tests.review.desk.verbs import judge, take_back
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(task: Task, lead: Member, deals) -> KnownAnswer:
    """The last draft is to be rejected, and every card dealt has a known answer while there are any."""
    deals(known_every=1)
    draft = Draft.objects.order_by("queue_position").last()
    return manage.add(draft.pk, by=lead, verdict="reject", reasons=["tone"], note="It shouts.")


def test_a_known_answer_comes_among_the_others_once_to_each_reviewer(
    task: Task, expert: Member, other: Member, known: KnownAnswer
) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)

    assert (card.draft_id, card.drawn) == (known.draft_id, Drawn.KNOWN)
    assert known.draft_id not in {each.draft_id for each in desk_deck.deal(expert, task, count=8)}
    assert known.draft_id in {each.draft_id for each in desk_deck.deal(other, task, count=1)}


def test_a_verdict_on_it_answers_as_any_other_and_makes_no_gold(task: Task, expert: Member, known: KnownAnswer) -> None:
    outcome = judge(desk_deck.deal(expert, task, count=1)[0], by=expert)

    assert outcome.draft_state == DraftState.DECIDED
    assert not Gold.objects.exists()
    assert golds.rebuild() == 0
    assert Draft.objects.get(pk=known.draft_id).state == DraftState.KEPT


def test_the_reviewer_is_told_afterwards_how_they_met_it(
    task: Task, expert: Member, other: Member, known: KnownAnswer
) -> None:
    judge(desk_deck.deal(expert, task, count=1)[0], by=expert)
    judge(desk_deck.deal(other, task, count=1)[0], by=other, verdict="reject")

    assert [one.is_right for one in met.answered_by(expert, task)] == [False]
    assert [one.is_right for one in met.answered_by(other, task)] == [True]
    assert set(met.verdicts(task).values_list("reviewer", flat=True)) == {expert.pk, other.pk}
    assert [(line["right"], line["judged"]) for line in met.known_answers_of(task)] == [(1, 2)]


def test_a_verdict_on_it_can_be_taken_back_and_given_again(task: Task, expert: Member, known: KnownAnswer) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    first = judge(card, by=expert)

    back = take_back(first, card, by=expert)
    again = judge(back.deck[0], by=expert, verdict="reject")

    assert again.draft_state == DraftState.DECIDED
    assert [one.is_right for one in met.answered_by(expert, task)] == [True]
    assert Draft.objects.get(pk=known.draft_id).state == DraftState.KEPT


def test_a_lease_that_runs_out_gives_it_to_the_next_reviewer(
    task: Task, expert: Member, other: Member, known: KnownAnswer
) -> None:
    desk_deck.deal(expert, task, count=1)
    Assignment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    deck = desk_deck.deal(other, task, count=1)

    assert deck[0].draft_id == known.draft_id
    desk_deck.release(other, [ReleasedCard(known.draft_id)])
    assert Draft.objects.get(pk=known.draft_id).state == DraftState.KEPT


def test_set_aside_it_is_not_met_again_and_stays_out_of_the_queue(
    task: Task, expert: Member, known: KnownAnswer
) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]

    desk_deck.set_aside(card.draft_id, by=expert)

    assert card.draft_id not in {each.draft_id for each in desk_deck.deal(expert, task, count=8)}
    assert Draft.objects.get(pk=known.draft_id).state == DraftState.KEPT


def test_set_aside_it_comes_back_as_any_other_card_and_measures_its_reader(
    task: Task, expert: Member, other: Member, known: KnownAnswer
) -> None:
    desk_deck.set_aside(desk_deck.deal(expert, task, count=1)[0].draft_id, by=expert)

    judge(desk_deck.hold(expert, known.draft_id), by=expert, verdict="reject")

    assert [one.is_right for one in met.answered_by(expert, task)] == [True]
    assert set(met.verdicts(task).values_list("reviewer", flat=True)) == {expert.pk}
    assert Draft.objects.get(pk=known.draft_id).state == DraftState.KEPT
    with pytest.raises(Refusal, match="kept from the desk"):
        desk_deck.hold(other, known.draft_id)


def test_made_from_a_judged_draft_it_takes_its_gold_out_of_the_count(task: Task, lead: Member, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)

    manage.add(card.draft_id, by=lead, verdict="accept")

    assert not Gold.objects.exists()
    assert golds.rebuild() == 0
    assert Decision.objects.count() == 1
    assert not met.verdicts(task).exists()


def test_one_that_nobody_met_goes_back_to_where_its_draft_stood(task: Task, lead: Member, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    known = manage.add(card.draft_id, by=lead, verdict="accept")

    assert manage.retire(known.pk, by=lead) is None

    assert Draft.objects.get(pk=card.draft_id).state == DraftState.DECIDED
    assert Gold.objects.count() == 1


def test_those_still_dealt_are_listed_before_those_taken_out(task: Task, lead: Member, known: KnownAnswer) -> None:
    later = manage.add(Draft.objects.exclude(pk=known.draft_id)[0].pk, by=lead, verdict="accept")
    KnownAnswer.objects.filter(pk=later.pk).update(retired_at=timezone.now())

    assert [line["known"] for line in met.known_answers_of(task)] == [known, later]


def test_one_that_was_met_is_dealt_no_more_and_its_results_stay(
    task: Task, lead: Member, expert: Member, other: Member, known: KnownAnswer
) -> None:
    judge(desk_deck.deal(expert, task, count=1)[0], by=expert)

    kept = manage.retire(known.pk, by=lead)

    assert kept is not None
    assert kept.retired_at is not None
    assert known.draft_id not in {card.draft_id for card in desk_deck.deal(other, task, count=8)}
    assert [answer.is_right for answer in met.answered_by(expert, task)] == [False]
    assert [(line["right"], line["judged"]) for line in met.known_answers_of(task)] == [(0, 1)]


def test_taken_out_of_a_deck_it_can_still_be_judged_by_who_had_it(
    task: Task, lead: Member, expert: Member, known: KnownAnswer
) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    manage.retire(known.pk, by=lead)

    outcome = judge(card, by=expert)

    assert outcome.decision.is_late is False
    assert Assignment.objects.get(draft=card.draft_id).state == AssignmentState.DONE


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"verdict": "retract"}, "unknown_verdict"),
        ({"verdict": "reject", "reasons": ["no such"]}, "unknown_reason"),
        ({"verdict": "accept", "reasons": ["tone"]}, "unknown_reason"),
    ],
)
def test_an_answer_that_cannot_be_given_is_refused(task: Task, lead: Member, answer: dict, code: str) -> None:
    draft = Draft.objects.order_by("queue_position").first()

    with pytest.raises(Refusal) as refused:
        manage.add(draft.pk, by=lead, **answer)

    assert refused.value.code == code
    assert not KnownAnswer.objects.exists()


def test_a_draft_in_a_deck_or_known_already_is_refused(
    task: Task, lead: Member, expert: Member, known: KnownAnswer
) -> None:
    Assignment.objects.all().delete()
    held = desk_deck.deal(expert, task, count=3)[1]

    for draft in (known.draft_id, held.draft_id):
        with pytest.raises(Refusal) as refused:
            manage.add(draft, by=lead, verdict="accept")
        assert refused.value.status == 409


def test_reviewers_make_no_known_answers(task: Task, expert: Member) -> None:
    draft = Draft.objects.order_by("queue_position").first()

    with pytest.raises(PermissionDenied):
        manage.add(draft.pk, by=expert, verdict="accept")
