"""An expert has a teacher write a draft again: from asking to the arrival on their desk, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.http import Http404

from generation.engine.repairs import FLAWED
from generation.kinds import GenerationKind
from generation.models import Call, Order, Teacher
from generation.orders import launch, revise
from generation.states import CallState, Purpose
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review import ports
from review.adjudication import sending_back
from review.datasets import export_rows
from review.desk import assignments, decisions, deck
from review.desk.lead_queue import dispute_etag
from review.desk.revisions import queries as asked
from review.desk.revisions import revision_requests
from review.erasure import erase
from review.models import Assignment, Draft, Gold, Membership, RevisionRequest, Source, Task
from review.states import AssignmentState, DraftState, Drawn, Role
from tests.generation.test_ingest import run_engine
from tests.review.rulings.verdicts import dispute
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def expert(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("rob")
    Membership.objects.create(member=member, task=task, role=Role.REVIEWER)
    return member


@pytest.fixture
def other(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("olga")
    Membership.objects.create(member=member, task=task, role=Role.REVIEWER)
    return member


@pytest.fixture
def draft(task: Task, source: Source, offline: Teacher, lead: Member, tmp_path: Path) -> Draft:
    """The first of two drafts by the offline teacher, on the desk."""
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead, seed=1))
    GenerationKind().on_events(order.job, run_engine(order, tmp_path))
    return Draft.objects.order_by("queue_position")[0]


def ask(draft: Draft, *, by: Member, instruction: str = "shorter, mention the audit", **more: object) -> object:
    return revision_requests.request_revision(draft.pk, by=by, instruction=instruction, **{"id": uuid4(), **more})


def order_of(request: RevisionRequest) -> Order:
    return Order.objects.get(job_id=request.job_id)


def carry_out(request: RevisionRequest, root: Path) -> Draft | None:
    """The engine as a supervisor would run it; the revision, if one came."""
    order = order_of(request)
    GenerationKind().on_events(order.job, run_engine(order, root))
    request.refresh_from_db()
    return request.result


@pytest.mark.slow
def test_a_revision_arrives_on_the_askers_desk_with_its_parent(
    draft: Draft, expert: Member, other: Member, tmp_path: Path
) -> None:
    request = ask(draft, by=expert).request

    made = carry_out(request, tmp_path)

    assert made is not None
    assert (made.parent, made.for_reviewer, made.state) == (draft, expert, DraftState.PENDING)
    assert "the audit" in made.fields["body"]
    assert len(made.fields["body"]) < len(draft.fields["body"])
    assert made.teacher == draft.teacher
    assert [message["role"] for message in made.messages][-2:] == ["assistant", "user"]
    assert deck.deal(expert, draft.task, count=1)[0].draft_id == made.pk
    assert Draft.objects.get(pk=draft.pk).state == DraftState.KEPT


def test_meanwhile_the_draft_is_set_aside_for_the_asker_alone(draft: Draft, expert: Member, other: Member) -> None:
    asking = ask(draft, by=expert, deck_size=3)

    mine = Assignment.objects.get(draft=draft, reviewer=expert)
    assert (mine.state, mine.note) == (AssignmentState.SET_ASIDE, "Revision requested: shorter, mention the audit")
    assert draft.pk not in {card.draft_id for card in asking.deck}
    assert draft.pk not in {card.draft_id for card in deck.deal(other, draft.task, count=5)}


def test_a_revision_for_somebody_who_left_waits_for_anybody(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request
    Member.objects.filter(pk=expert.pk).update(is_active=False)
    assignments.return_cards(expert)

    made = carry_out(request, tmp_path)

    assert made is not None
    assert (made.state, made.for_reviewer) == (DraftState.PENDING, None)
    draft.refresh_from_db()
    assert (draft.state, draft.for_reviewer) == (DraftState.KEPT, None)


def test_it_is_an_order_like_any_other_with_one_call(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request

    carry_out(request, tmp_path)

    order = order_of(request)
    assert (order.purpose, order.count, order.created_by) == (Purpose.REVISION, 1, expert)
    assert order.calls.get().state == "answered"
    assert Call.objects.filter(order=order).count() == 1


def test_told_twice_it_arrives_once(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request
    order = order_of(request)
    events = run_engine(order, tmp_path)

    for _ in range(2):
        GenerationKind().on_events(order.job, events)

    assert Draft.objects.filter(parent=draft).count() == 1


def test_an_accepted_revision_is_a_preference(draft: Draft, expert: Member, tmp_path: Path) -> None:
    made = carry_out(ask(draft, by=expert).request, tmp_path)
    card = deck.hold(expert, made.pk)

    decisions.record(made.pk, by=expert, id=uuid4(), verdict="accept", if_match=card.etag)

    [[gold]] = export_rows.judged([str(Gold.objects.get(draft=made).decision_id)])
    [worse] = gold.worse
    assert (worse.kind, gold.id, worse.draft_id) == ("revision", str(made.pk), str(draft.pk))
    assert worse.fields == draft.fields


def test_asking_the_same_twice_is_once(draft: Draft, expert: Member) -> None:
    id = uuid4()
    first = ask(draft, by=expert, id=id)

    again = ask(draft, by=expert, id=id)

    assert (again.is_replay, again.request) == (True, first.request)
    assert Order.objects.filter(purpose=Purpose.REVISION).count() == 1
    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert, id=id, instruction="warmer")
    assert (refused.value.status, refused.value.code) == (409, "request_id_reused")


def test_when_it_fails_the_draft_comes_back_first_with_why(draft: Draft, expert: Member) -> None:
    request = ask(draft, by=expert).request
    Job.objects.filter(pk=request.job_id).update(state=JobState.FAILED, error={"message": "The key was refused."})

    revise.on_job_ended(Job.objects.get(pk=request.job_id))

    card = deck.deal(expert, draft.task, count=1)[0]
    assert card.draft_id == draft.pk
    assert card.note == "The revision failed: The key was refused."


def test_a_repair_that_does_not_fit_either_is_the_reason_and_not_that_it_was_asked_for(
    draft: Draft, expert: Member
) -> None:
    request = ask(draft, by=expert).request
    order = order_of(request)
    for code, message in ((FLAWED, "Repair requested: too long."), ("does_not_fit", "The body is too long.")):
        Call.objects.create(
            id=uuid4(), order=order, state=CallState.FAILED, error_code=code, error_message=message,
            is_repair=code != FLAWED,
        )  # fmt: skip
    Job.objects.filter(pk=request.job_id).update(state=JobState.SUCCEEDED)

    revise.on_job_ended(Job.objects.get(pk=request.job_id))

    assert deck.deal(expert, draft.task, count=1)[0].note == "The revision failed: The body is too long."


def test_a_draft_taken_back_into_the_hand_stays_there(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request
    deck.hold(expert, draft.pk)

    made = carry_out(request, tmp_path)

    assert made is not None
    assert Draft.objects.get(pk=draft.pk).state == DraftState.LEASED


def test_the_first_draft_can_be_put_back_beside_its_revision(
    draft: Draft, expert: Member, other: Member, tmp_path: Path
) -> None:
    request = ask(draft, by=expert).request
    carry_out(request, tmp_path)

    for _ in range(2):
        revision_requests.restore(request.pk, by=expert)

    assert Draft.objects.get(pk=draft.pk).state == DraftState.PENDING
    with pytest.raises(Http404):
        revision_requests.restore(request.pk, by=other)


def test_the_first_draft_is_put_back_with_the_words_of_a_lead_who_sent_it_back(
    draft: Draft, expert: Member, other: Member, lead: Member, tmp_path: Path
) -> None:
    verdict, _ = dispute(draft.task, lead=lead, one=expert, other=other)
    tag = dispute_etag(verdict.draft_id)
    sending_back.send_back(verdict.draft_id, by=lead, if_match=tag, comment="Look again.", decisions=[verdict.pk])
    request = ask(verdict.draft, by=expert).request
    carry_out(request, tmp_path)

    revision_requests.restore(request.pk, by=expert)

    mine = Assignment.objects.get(draft=verdict.draft, reviewer=expert)
    assert (mine.drawn, mine.note) == (Drawn.SENT_BACK, "Look again.")


def test_a_paid_teacher_is_asked_within_the_price_of_one_call(draft: Draft, expert: Member, paid: Teacher) -> None:
    told = revision_requests.conversation(draft, "shorter, mention the audit")
    [author, dear] = ports.reviser().writers(draft, told, by=expert)[:2]

    request = ask(draft, by=expert, writer="gpt-4o").request

    assert (author.slug, author.price, author.is_author) == ("offline", "free", True)
    assert (dear.slug, dear.is_author) == ("gpt-4o", False)
    assert dear.price == f"at most ${order_of(request).max_cost_usd.normalize():f}"
    assert Decimal(0) < order_of(request).max_cost_usd < Decimal("0.05")


def test_a_revision_whose_record_was_erased_is_not_taken_in(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request
    order = order_of(request)
    events = run_engine(order, tmp_path)

    erase.erase_records([draft.record_id])
    GenerationKind().on_events(order.job, events)

    assert not Draft.objects.filter(parent=draft).exists()
    request.refresh_from_db()
    assert request.instruction == ""


def test_what_is_on_its_way_is_listed_until_it_has_come(draft: Draft, expert: Member, tmp_path: Path) -> None:
    request = ask(draft, by=expert).request
    [waiting] = asked.pending_requests_of(expert, draft.task)

    carry_out(request, tmp_path)

    assert (waiting["draft"], waiting["job"]) == (str(draft.pk), str(request.job_id))
    assert asked.pending_requests_of(expert, draft.task) == []


@pytest.mark.slow
def test_a_revision_shows_what_changed_against_its_parent(draft: Draft, expert: Member, tmp_path: Path) -> None:
    made = carry_out(ask(draft, by=expert).request, tmp_path)

    revised = asked.revised_from(made)

    assert revised.request.instruction == "shorter, mention the audit"
    assert "audit" in "".join(segment.text for segment in revised.segments if segment.kind == "added")
    assert asked.revised_from(draft) is None
