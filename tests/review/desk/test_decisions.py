"""Recording verdicts: what they must hold, what counts, what is refused, and what it does to the deck."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.desk import decisions, deck
from review.desk import deck as desk_deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Decision, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Role, Verdict
from tests.at_once import at_once
from tests.review import factories
from tests.review.desk.verbs import judge, pass_on
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_accepting_writes_decision_gold_and_state_together(card: Assignment, expert: Member) -> None:
    outcome = judge(card, by=expert)

    assert outcome.draft_state == DraftState.DECIDED
    assert Draft.objects.get(pk=card.draft_id).state == DraftState.DECIDED
    gold = Gold.objects.get(draft_id=card.draft_id)
    assert gold.decision == outcome.decision
    assert gold.verdict == Verdict.ACCEPT
    assert outcome.decision.fields == card.draft.fields
    assert outcome.decision.before_hash == card.draft.fields_hash
    assert Assignment.objects.get(draft_id=card.draft_id).state == AssignmentState.DONE


def test_an_edit_is_brought_into_normal_form(card: Assignment, expert: Member) -> None:
    edited = {"subject": "  Cold   loads ", "body": "Hi,\r\n\r\nbetter  \r\n"}

    outcome = judge(card, by=expert, verdict="edit", fields=edited)

    assert outcome.decision.verdict == Verdict.EDIT
    assert outcome.decision.fields == {"subject": "Cold loads", "body": "Hi,\n\nbetter"}


def test_an_edit_that_changes_nothing_is_what_its_author_called_it(card: Assignment, expert: Member) -> None:
    same = {**card.draft.fields, "body": card.draft.fields["body"] + "  \n"}

    outcome = judge(card, by=expert, verdict="edit", fields=same, note="the date is wrong")

    assert outcome.decision.verdict == Verdict.EDIT
    assert outcome.decision.fields == card.draft.fields


@pytest.mark.parametrize(
    ("verdict", "more", "part", "words"),
    [
        ("edit", {"fields": {"subject": "x", "body": " "}}, "fields", "'body' is empty"),
        ("edit", {"fields": {"subject": "x", "body": "y", "extra": "z"}}, "fields", "field 'extra'"),
        ("edit", {}, "fields", "brings the fields"),
        ("accept", {"fields": {"subject": "x", "body": "y"}}, "fields", "belong to an edit"),
        ("reject", {"reasons": []}, "reasons", "at least one reason"),
        ("reject", {"reasons": ["ugly"]}, "reasons", "no reason 'ugly'"),
        ("accept", {"reasons": ["tone"]}, "reasons", "belong to a reject"),
        ("accept", {"ratings": {"is funny": True}}, "ratings", "no requirement 'is funny'"),
        ("accept", {"seconds": float("nan")}, "seconds", "number"),
        ("accept", {"retracts": uuid4()}, "retracts", "nothing else does"),
        ("praise", {}, "verdict", "is not a verdict"),
    ],
)
def test_a_verdict_that_does_not_fit_is_refused_and_nothing_is_written(
    card: Assignment, expert: Member, verdict: str, more: dict, part: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, verdict=verdict, **more)

    assert refused.value.status == 422
    assert words in refused.value.errors[part][0]
    assert not Decision.objects.exists()
    assert Draft.objects.get(pk=card.draft_id).state == DraftState.LEASED


def test_a_task_without_reasons_takes_a_bare_reject(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")
    records = factories.make_records(factories.make_source(task), 1, question="Where is it?")
    factories.make_drafts(task, records, fields=[{"reply": "On its way."}])
    card = deck.deal(admin, task, count=1)[0]

    outcome = judge(card, by=admin, verdict="reject", reasons=[])

    assert outcome.decision.fields is None
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_the_same_request_twice_records_one_decision(card: Assignment, expert: Member) -> None:
    again = {"id": uuid4(), "seconds": 3.0}
    first = judge(card, by=expert, **again)

    second = judge(card, by=expert, **again)

    assert second.is_replay
    assert second.decision == first.decision
    assert Decision.objects.count() == 1


def test_the_same_id_with_another_body_is_refused(card: Assignment, expert: Member) -> None:
    decision_id = uuid4()
    judge(card, by=expert, id=decision_id)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, id=decision_id, note="on second thoughts")

    assert (refused.value.status, refused.value.code) == (409, "decision_id_reused")


def test_another_members_id_is_refused_without_telling_whose(
    card: Assignment, expert: Member, other: Member, task: Task
) -> None:
    decision_id = uuid4()
    judge(card, by=expert, id=decision_id)
    theirs = deck.deal(other, task, count=1)[0]

    with pytest.raises(Refusal) as refused:
        judge(theirs, by=other, id=decision_id)

    assert refused.value.code == "decision_id_reused"
    assert expert.username not in refused.value.message


def test_a_decision_without_if_match_is_refused(card: Assignment, expert: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, if_match=None)

    assert refused.value.status == 428


def test_a_stale_tag_is_refused_with_the_current_state(card: Assignment, expert: Member) -> None:
    Draft.objects.filter(pk=card.draft_id).update(fields_hash="f" * 64)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert)

    assert refused.value.status == 412
    assert refused.value.state["etag"] != card.etag
    assert not Decision.objects.exists()


def test_a_renewed_lease_keeps_the_tag(card: Assignment, expert: Member, task: Task) -> None:
    deck.deal(expert, task, count=1)

    assert judge(card, by=expert).decision


def test_judging_twice_needs_the_first_taken_back(card: Assignment, expert: Member) -> None:
    judge(card, by=expert)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, verdict="reject")

    assert refused.value.code == "already_judged"


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


def test_a_lease_that_passed_on_makes_the_decision_late(card: Assignment, expert: Member, other: Member) -> None:
    theirs = pass_on(card, to=other)

    outcome = judge(card, by=expert)

    assert outcome.decision.is_late
    assert not Gold.objects.exists()
    assert Assignment.objects.get(pk=theirs.pk).state == AssignmentState.ACTIVE
    assert not judge(theirs, by=other).decision.is_late
    assert Gold.objects.get().decision.reviewer == other


def test_a_late_decision_changes_nothing_of_what_was_decided(card: Assignment, expert: Member, other: Member) -> None:
    judge(pass_on(card, to=other), by=other, verdict="reject")

    outcome = judge(card, by=expert)

    assert outcome.decision.is_late
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_a_lease_that_ran_out_but_went_to_nobody_still_counts(card: Assignment, expert: Member) -> None:
    Assignment.objects.update(leased_until=timezone.now() - timedelta(hours=1))

    assert not judge(card, by=expert).decision.is_late


def test_a_card_that_was_left_and_is_still_free_counts(card: Assignment, expert: Member) -> None:
    deck.release(expert, [ReleasedCard(card.draft_id)])

    assert not judge(card, by=expert).decision.is_late


def test_a_free_card_can_be_judged_without_being_dealt(task: Task, expert: Member) -> None:
    draft = Draft.objects.first()

    outcome = decisions.record(
        draft.pk, by=expert, id=uuid4(), verdict="accept", if_match=deck.etag_for(draft, expert), deck_size=5
    )

    assert not outcome.decision.is_late
    assert outcome.deck == []


def test_a_card_in_front_of_another_is_refused(card: Assignment, other: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=other, if_match=deck.etag_for(card.draft, other))

    assert (refused.value.status, refused.value.code) == (409, "card_not_free")


def test_roles_decide_who_may_judge(task: Task, card: Assignment, make_member) -> None:
    viewer, stranger = make_member("vera"), make_member("sam")
    factories.join(viewer, task, Role.VIEWER)

    with pytest.raises(PermissionDenied):
        judge(card, by=viewer)
    with pytest.raises(Http404):
        judge(card, by=stranger)
    with pytest.raises(Http404):
        decisions.record(uuid4(), by=stranger, id=uuid4(), verdict="accept", if_match="x")
