"""Recording verdicts: what counts, what is late, what is refused, and what is undone."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.models import Assignment, Candidate, Decision, Gold, Task
from review.services import decisions, golds, queue
from review.services.queue import Leaving
from review.states import AssignmentState, CandidateState, Role, Verdict
from tests.review import factories
from tests.review.desk.verbs import judge, take_back
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def other(task: Task, make_member) -> Member:
    member = make_member("olga")
    factories.join(member, task)
    return member


@pytest.fixture
def card(task: Task, expert: Member) -> Assignment:
    return queue.deal(expert, task, count=1)[0]


def pass_on(card: Assignment, *, to: Member) -> Assignment:
    Assignment.objects.filter(pk=card.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    return queue.deal(to, card.task, count=1)[0]


def test_accepting_writes_decision_gold_and_state_together(card: Assignment, expert: Member) -> None:
    outcome = judge(card, by=expert)

    assert outcome.candidate_state == CandidateState.DECIDED
    assert Candidate.objects.get(pk=card.candidate_id).state == CandidateState.DECIDED
    gold = Gold.objects.get(candidate_id=card.candidate_id)
    assert gold.decision == outcome.decision
    assert gold.verdict == Verdict.ACCEPT
    assert outcome.decision.fields == card.candidate.fields
    assert outcome.decision.before_hash == card.candidate.fields_hash
    assert Assignment.objects.get(candidate_id=card.candidate_id).state == AssignmentState.DONE


def test_an_edit_is_brought_into_normal_form(card: Assignment, expert: Member) -> None:
    edited = {"subject": "  Cold   loads ", "body": "Hi,\r\n\r\nbetter  \r\n"}

    outcome = judge(card, by=expert, verdict="edit", fields=edited)

    assert outcome.decision.verdict == Verdict.EDIT
    assert outcome.decision.fields == {"subject": "Cold loads", "body": "Hi,\n\nbetter"}


def test_an_edit_that_changes_nothing_is_an_accept(card: Assignment, expert: Member) -> None:
    same = {**card.candidate.fields, "body": card.candidate.fields["body"] + "  \n"}

    outcome = judge(card, by=expert, verdict="edit", fields=same)

    assert outcome.decision.verdict == Verdict.ACCEPT


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
        ("praise", {}, "verdict", "no verdict"),
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
    assert Candidate.objects.get(pk=card.candidate_id).state == CandidateState.LEASED


def test_a_task_without_reasons_takes_a_bare_reject(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")
    records = factories.make_records(factories.make_source(task), 1, question="Where is it?")
    factories.make_drafts(task, records, fields=[{"reply": "On its way."}])
    card = queue.deal(admin, task, count=1)[0]

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
    theirs = queue.deal(other, task, count=1)[0]

    with pytest.raises(Refusal) as refused:
        judge(theirs, by=other, id=decision_id)

    assert refused.value.code == "decision_id_reused"
    assert expert.username not in refused.value.message


def test_a_decision_without_if_match_is_refused(card: Assignment, expert: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, if_match=None)

    assert refused.value.status == 428


def test_a_stale_tag_is_refused_with_the_current_state(card: Assignment, expert: Member) -> None:
    Candidate.objects.filter(pk=card.candidate_id).update(fields_hash="f" * 64)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert)

    assert refused.value.status == 412
    assert refused.value.state["etag"] != card.etag
    assert not Decision.objects.exists()


def test_a_renewed_lease_keeps_the_tag(card: Assignment, expert: Member, task: Task) -> None:
    queue.deal(expert, task, count=1)

    assert judge(card, by=expert).decision


def test_judging_twice_needs_the_first_taken_back(card: Assignment, expert: Member) -> None:
    judge(card, by=expert)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, verdict="reject")

    assert refused.value.code == "already_judged"


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
    queue.release(expert, [Leaving(card.candidate_id)])

    assert not judge(card, by=expert).decision.is_late


def test_a_free_card_can_be_judged_without_being_dealt(task: Task, expert: Member) -> None:
    candidate = Candidate.objects.first()

    outcome = decisions.record(
        candidate.pk, by=expert, id=uuid4(), verdict="accept", if_match=queue.etag_for(candidate, expert), deck_size=5
    )

    assert not outcome.decision.is_late
    assert outcome.hand == []


def test_a_card_in_front_of_another_is_refused(card: Assignment, other: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=other, if_match=queue.etag_for(card.candidate, other))

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


def test_taking_back_returns_the_card_and_removes_the_gold(card: Assignment, expert: Member) -> None:
    first = judge(card, by=expert, verdict="edit", fields={"subject": "Other", "body": "Words"})

    undone = take_back(first, card, by=expert)

    assert undone.candidate_state == CandidateState.LEASED
    assert undone.hand[0].candidate_id == card.candidate_id
    assert undone.hand[0].unfinished == {"subject": "Other", "body": "Words"}
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
        take_back(first, card, by=admin, if_match=queue.etag_for(card.candidate, admin))


def test_taking_back_a_late_decision_brings_nothing_back(card: Assignment, expert: Member, other: Member) -> None:
    judge(pass_on(card, to=other), by=other)
    late = judge(card, by=expert)

    undone = take_back(late, card, by=expert)

    assert undone.candidate_state == CandidateState.DECIDED
    assert undone.hand == []
    assert Gold.objects.get().decision.reviewer == other


def test_a_verdict_tops_up_the_hand_it_came_from(task: Task, expert: Member) -> None:
    hand = queue.deal(expert, task, count=5)

    outcome = judge(hand[0], by=expert, deck_size=5)

    assert len(outcome.hand) == 1
    assert outcome.pace.left == 7
    assert Assignment.objects.filter(state=AssignmentState.ACTIVE).count() == 5


def test_a_top_up_reclaims_expired_cards_when_the_queue_is_short(task: Task, expert: Member, other: Member) -> None:
    hand = queue.deal(expert, task, count=5)
    queue.deal(other, task, count=3)
    Assignment.objects.filter(reviewer=other).update(leased_until=timezone.now() - timedelta(seconds=1))

    outcome = judge(hand[0], by=expert, deck_size=5)

    assert len(outcome.hand) == 1


def test_a_decision_asks_at_most_ten_questions_however_long_the_queue(task: Task, expert: Member) -> None:
    hand = queue.deal(expert, task, count=5)
    with CaptureQueriesContext(connection) as short:
        judge(hand[0], by=expert, deck_size=5)
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 300))

    with CaptureQueriesContext(connection) as long:
        judge(hand[1], by=expert, deck_size=5)

    assert len(long) == len(short) <= 10


def test_rebuilding_golds_gives_identical_rows(task: Task, expert: Member, other: Member) -> None:
    hand = queue.deal(expert, task, count=5)
    judge(hand[0], by=expert)
    judge(hand[1], by=expert, verdict="reject")
    judge(hand[2], by=expert, verdict="edit", fields={"subject": "a", "body": "b"})
    take_back(judge(hand[3], by=expert), hand[3], by=expert)
    undone = take_back(judge(hand[4], by=expert), hand[4], by=expert)
    judge(undone.hand[0], by=expert, verdict="reject")
    before = list(Gold.objects.order_by("candidate_id").values())

    written = golds.rebuild()

    assert written == 4
    assert list(Gold.objects.order_by("candidate_id").values()) == before


def test_the_latest_standing_decision_resolves() -> None:
    now = timezone.now()
    first = Decision(id=uuid4(), verdict=Verdict.ACCEPT, created_at=now)
    back = Decision(id=uuid4(), verdict=Verdict.RETRACT, retracts=first, created_at=now + timedelta(seconds=1))
    second = Decision(id=uuid4(), verdict=Verdict.REJECT, created_at=now + timedelta(seconds=2))
    late = Decision(id=uuid4(), verdict=Verdict.EDIT, created_at=now + timedelta(seconds=3), is_late=True)

    assert golds.resolving([first]) is first
    assert golds.resolving([first, back]) is None
    assert golds.resolving([late, second, back, first]) is second


@pytest.mark.django_db(transaction=True)
def test_ten_requests_at_once_for_one_card_record_one_decision(admin: Member) -> None:
    task = factories.make_desk(by=admin, count=2)
    card = queue.deal(admin, task, count=1)[0]
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


@pytest.mark.django_db(transaction=True)
def test_many_reviewers_dealing_at_once_never_share_a_card(admin: Member, make_member) -> None:
    task = factories.make_desk(by=admin, count=40)
    experts = [make_member(f"expert{index}") for index in range(6)]
    for expert in experts:
        factories.join(expert, task)
    hands: list[list] = []
    start = threading.Barrier(len(experts))

    def run(expert: Member) -> None:
        start.wait()
        try:
            hands.append([card.candidate_id for card in queue.deal(expert, task, count=5)])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(expert,)) for expert in experts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    dealt = [candidate for hand in hands for candidate in hand]
    assert len(dealt) == len(set(dealt)) == 30
