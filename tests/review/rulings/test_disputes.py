"""Second opinions that contradict the first, and how a lead settles them."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from members.models import Member
from review.adjudication import rulings
from review.desk import deck, golds
from review.desk import lead_queue as said
from review.drafts import queries
from review.models import Assignment, Decision, Draft, Gold, Ruling, Task
from review.states import DraftState, Verdict
from tests.at_once import at_once
from tests.review.desk.verbs import judge, take_back
from tests.review.rulings.verdicts import OTHER_WORDS, dispute, second_opinion
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def settle(about: Decision, *, by: Member, **how: object) -> Ruling:
    return rulings.settle(about.draft_id, by=by, if_match=said.dispute_etag(about.draft_id), **how)


def state_of(decision: Decision) -> str:
    return Draft.objects.get(pk=decision.draft_id).state


@pytest.fixture
def first(task: Task, expert: Member) -> Decision:
    return judge(deck.deal(expert, task, count=1)[0], by=expert).decision


def test_a_second_opinion_goes_to_somebody_else_while_the_first_counts(
    task: Task, first: Decision, lead: Member, expert: Member, other: Member
) -> None:
    rulings.ask_again(first.draft_id, by=lead, if_match=said.dispute_etag(first.draft_id))

    mine, theirs = deck.deal(expert, task, count=10), deck.deal(other, task, count=1)
    assert first.draft_id not in {card.draft_id for card in mine}
    assert [card.draft_id for card in theirs] == [first.draft_id]
    assert Gold.objects.get().decision == first


def test_a_second_reviewer_does_not_see_what_the_first_said(
    task: Task, first: Decision, lead: Member, other: Member, as_member
) -> None:
    second_opinion(first, lead=lead, by=other)

    listed = as_member(other).get(f"/tasks/{task.slug}/review/list/").content.decode()
    draft = queries.draft_or_404(other, first.draft_id)

    assert "Accepted</span>" not in listed
    assert queries.summary_json(draft, is_told=False)["verdict"] is None
    assert not queries.decisions_on(other, draft).exists()


def test_a_second_opinion_that_agrees_leaves_the_first_in_force(first: Decision, lead: Member, other: Member) -> None:
    outcome = judge(second_opinion(first, lead=lead, by=other), by=other)

    assert outcome.draft_state == DraftState.DECIDED
    assert Gold.objects.get().decision == first


def test_a_second_opinion_that_differs_makes_a_dispute_and_nothing_counts(
    first: Decision, lead: Member, other: Member
) -> None:
    outcome = judge(second_opinion(first, lead=lead, by=other), by=other, verdict="reject")

    assert outcome.draft_state == state_of(first) == DraftState.DISPUTED
    assert not Gold.objects.exists()


def test_taking_back_one_side_of_a_dispute_lets_the_other_count(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    card = Assignment.objects.get(draft_id=first.draft_id, reviewer=other)

    undone = take_back(type("Said", (), {"decision": second}), card, by=other)

    assert undone.draft_state == DraftState.LEASED
    assert Gold.objects.get().decision == first
    assert judge(undone.deck[0], by=other, verdict="reject").draft_state == DraftState.DISPUTED


def test_a_first_word_is_not_taken_back_while_the_second_is_sought(
    first: Decision, lead: Member, expert: Member, other: Member
) -> None:
    second_opinion(first, lead=lead, by=other)
    card = Assignment.objects.get(draft_id=first.draft_id, reviewer=expert)

    with pytest.raises(Refusal) as refused:
        take_back(type("Said", (), {"decision": first}), card, by=expert)

    assert refused.value.code == "card_not_free"


@pytest.mark.parametrize("side", [0, 1])
def test_settling_on_a_side_makes_it_count(task: Task, lead: Member, expert: Member, other: Member, side: int) -> None:
    chosen = dispute(task, lead=lead, one=expert, other=other)[side]

    settle(chosen, by=lead, decision=chosen.pk)

    assert Gold.objects.get().decision == chosen
    assert state_of(chosen) == DraftState.DECIDED


def test_settling_by_the_leads_own_edit_records_it_as_a_decision(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)
    own = {"subject": "The lead's own", "body": "Hi,\n\nthis it is."}

    settle(first, by=lead, verdict="edit", fields=own)

    gold = Gold.objects.get()
    assert (gold.decision.reviewer, gold.decision.fields) == (lead, own)


def test_settling_by_a_reject_needs_a_reason(task: Task, lead: Member, expert: Member, other: Member) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)

    with pytest.raises(Refusal) as refused:
        settle(first, by=lead, verdict="reject")
    settle(first, by=lead, verdict="reject", reasons=["tone"])

    assert refused.value.errors["reasons"]
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_reopening_a_settled_draft_makes_it_disputed_again(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    settle(first, by=lead, decision=second.pk)

    rulings.reopen(first.draft_id, by=lead, if_match=said.dispute_etag(first.draft_id))

    assert state_of(first) == DraftState.DISPUTED
    assert not Gold.objects.exists()


def test_only_disputed_drafts_are_settled_and_only_judged_ones_asked_about(
    task: Task, first: Decision, lead: Member
) -> None:
    fresh = Draft.objects.filter(state=DraftState.PENDING).first()

    with pytest.raises(Refusal) as not_disputed:
        settle(first, by=lead, decision=first.pk)
    with pytest.raises(Refusal) as not_judged:
        rulings.ask_again(fresh.pk, by=lead, if_match=said.dispute_etag(fresh.pk))
    with pytest.raises(Refusal) as not_ruled:
        rulings.reopen(first.draft_id, by=lead, if_match=said.dispute_etag(first.draft_id))

    codes = [refused.value.code for refused in (not_disputed, not_judged, not_ruled)]
    assert codes == ["not_disputed", "not_judged", "not_ruled"]


def test_a_verdict_on_another_draft_settles_nothing(task: Task, lead: Member, expert: Member, other: Member) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)
    elsewhere = judge(deck.deal(expert, task, count=1)[0], by=expert).decision

    with pytest.raises(Http404):
        settle(first, by=lead, decision=elsewhere.pk)


def test_a_ruling_without_a_tag_or_by_a_reviewer_is_refused(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)

    with pytest.raises(Refusal) as refused:
        rulings.settle(first.draft_id, by=lead, if_match=None, decision=first.pk)
    with pytest.raises(PermissionDenied):
        settle(first, by=expert, decision=first.pk)

    assert refused.value.status == 428


def test_sides_say_what_differs_word_by_word(task: Task, lead: Member, expert: Member, other: Member) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)
    draft = queries.draft_or_404(lead, first.draft_id)

    one, two = said.sides(draft)

    assert (one.letter, one.against, two.letter, two.against) == ("a", "the draft", "b", "A")
    assert {segment.kind for segment in one.segments} == {"same"}
    text = "".join(segment.text for segment in two.segments if segment.kind != "removed")
    assert OTHER_WORDS["body"] in text


def test_rebuilding_after_disputes_gives_identical_golds(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    settle(first, by=lead, decision=second.pk)
    dispute(task, lead=lead, one=expert, other=other)
    third, _ = dispute(task, lead=lead, one=other, other=expert)
    settle(third, by=lead, verdict="reject", reasons=["tone"])
    before = list(Gold.objects.order_by("draft_id").values())

    written = golds.rebuild()

    assert written == 2
    assert list(Gold.objects.order_by("draft_id").values()) == before


@pytest.mark.django_db(transaction=True)
def test_two_leads_settling_at_once_leave_one_ruling(
    task: Task, lead: Member, admin: Member, expert: Member, other: Member
) -> None:
    sides = dispute(task, lead=lead, one=expert, other=other)
    seen = said.dispute_etag(sides[0].draft_id)

    def settle(member: Member, chosen: Decision) -> str:
        rulings.settle(chosen.draft_id, by=member, if_match=seen, decision=chosen.pk)
        return "settled"

    ends = at_once(partial(settle, lead, sides[0]), partial(settle, admin, sides[1]), may_refuse=True)

    assert sorted(ends) == ["said_since", "settled"]
    assert Gold.objects.get().decision == Ruling.objects.get().decision
