"""A teacher as a verifier: asked by an order within a budget, of no claim twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from generation.claims import launch
from generation.claims.verifier import TeacherVerifier
from generation.models import Call, ClaimCheck, Order, Teacher
from generation.states import CallState, Purpose, Settlement
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Task
from review.text.verification.finding import Claim, Verification
from tests.generation.answering import Body
from tests.generation.conftest import lead, offline, source, stranger, task, viewer
from tests.generation.variety.conftest import carry_out, serve
from web.errors import Refusal

__all__ = ["carry_out", "lead", "offline", "serve", "source", "stranger", "task", "viewer"]
pytestmark = pytest.mark.django_db
CLAIMS = [Claim("It has 40 trains.", f"It has {number} trains.") for number in (40, 41, 42)]
DOLLAR = Decimal(1)


def claim_of(body: Body) -> str:
    return str(body["messages"][-1]["content"].partition("Claim:\n```\n")[2]).removesuffix("\n```")


def read(body: Body) -> str:
    """A teacher that supports the claim with forty, and names the words of the others."""
    claim = claim_of(body)
    words = "" if "40" in claim else claim.removeprefix("It has ")
    return json.dumps({"why": "Not the number.", "words": words, "supported": not words})


@pytest.fixture
def teacher(serve: Any) -> Teacher:
    made, _ = serve("mistral-large", read)
    made.parameters = {"max_tokens": 200}
    made.save(update_fields=["parameters"])
    return made


@pytest.fixture
def verify(
    teacher: Teacher, task: Task, lead: Member, carry_out: Callable[[Order], None]
) -> Callable[[Sequence[Claim]], list[Verification | None]]:
    """Ask the teacher; an order is carried out as soon as it is waited for."""

    def wait_for(job: UUID) -> Job:
        carry_out(Order.objects.get(job=job))
        return Job.objects.get(pk=job)

    return TeacherVerifier(teacher, task, lead, DOLLAR, wait_for).verify


@pytest.mark.slow
def test_a_teachers_answers_name_the_words_that_are_not_supported(
    verify: Callable[[Sequence[Claim]], list[Verification | None]],
) -> None:
    right, wrong, _ = verify(CLAIMS)

    assert right is not None and wrong is not None
    assert (right.supported, right.score, right.by, right.unsupported) == (True, 1.0, "mistral-large", ())
    (place,) = wrong.unsupported
    assert (wrong.supported, CLAIMS[1].text[place.start : place.end], place.why) == (
        False,
        "41 trains.",
        "Not the number.",
    )


@pytest.mark.slow
def test_the_calls_are_those_of_an_order_and_no_claim_is_paid_twice(
    verify: Callable[[Sequence[Claim]], list[Verification | None]],
) -> None:
    first = verify([*CLAIMS[:2], CLAIMS[0]])
    again = verify(CLAIMS)

    orders = list(Order.objects.order_by("created_at"))
    assert [(order.purpose, order.count) for order in orders] == [(Purpose.CLAIMS, 2), (Purpose.CLAIMS, 1)]
    assert Call.objects.count() == 3
    assert all(call.cost_usd > 0 for call in Call.objects.all())
    assert (first[0], first[1]) == (first[2], again[1])
    assert again[0] == first[0]


def test_what_is_being_asked_is_waited_for_and_a_changed_teacher_is_asked_anew(
    teacher: Teacher, task: Task, lead: Member
) -> None:
    [under_way] = launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR)

    assert launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR) == [under_way]
    teacher.parameters = {"max_tokens": 200, "temperature": 0.5}
    teacher.save(update_fields=["parameters"])
    assert launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR) != [under_way]
    assert ClaimCheck.objects.count() == 2


def test_a_call_of_unknown_fate_is_not_asked_again_until_it_is_settled(
    teacher: Teacher, task: Task, lead: Member
) -> None:
    [ended] = launch.ask(task, CLAIMS[:1], teacher=teacher, by=lead, max_cost_usd=DOLLAR)
    Job.objects.filter(pk=ended.order.job_id).update(state=JobState.SUCCEEDED)
    call = Call.objects.create(id=uuid4(), order=ended.order, state=CallState.UNCERTAIN, position=0)

    while_open = launch.ask(task, CLAIMS[:1], teacher=teacher, by=lead, max_cost_usd=DOLLAR)
    Call.objects.filter(pk=call.pk).update(settlement=Settlement.NOT_PAID)
    once_settled = launch.ask(task, CLAIMS[:1], teacher=teacher, by=lead, max_cost_usd=DOLLAR)

    assert (while_open, len(once_settled)) == ([], 1)


def test_its_page_speaks_of_claims_and_no_drafts(
    teacher: Teacher, task: Task, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    [check] = launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR)

    page = as_member(lead).get(f"/generation/{check.order_id}/")

    assert page.status_code == 200
    assert "3 claims checked by Mistral-large" in page.content.decode()
    assert "none: 3 claims of a file" in page.content.decode()


def test_a_claim_that_a_cancelled_order_left_is_asked_again(teacher: Teacher, task: Task, lead: Member) -> None:
    [cancelled] = launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR)
    Job.objects.filter(pk=cancelled.order.job_id).update(state=JobState.CANCELLED)

    [second] = launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR)

    assert second != cancelled


@pytest.mark.slow
def test_a_cancelled_order_that_is_resumed_asks_for_nothing_that_another_asked_for(
    serve: Any, task: Task, lead: Member, carry_out: Callable[[Order], None]
) -> None:
    teacher, server = serve("mistral-small", read)
    [cancelled] = launch.ask(task, CLAIMS, teacher=teacher, by=lead, max_cost_usd=DOLLAR)
    Job.objects.filter(pk=cancelled.order.job_id).update(state=JobState.CANCELLED)
    [anew] = launch.ask(task, CLAIMS[:2], teacher=teacher, by=lead, max_cost_usd=DOLLAR)
    carry_out(anew.order)

    Job.objects.filter(pk=cancelled.order.job_id).update(state=JobState.QUEUED)
    carry_out(cancelled.order)

    asked = [claim_of(body) for body in server.asked]
    assert sorted(asked) == sorted(claim.text for claim in CLAIMS)
    assert set(launch.answers(task, teacher)) == {launch.key_of(claim) for claim in CLAIMS}


def test_who_may_not_spend_and_what_cannot_be_asked_is_refused(
    teacher: Teacher, offline: Teacher, task: Task, lead: Member, viewer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(**over: Any) -> str:
        with pytest.raises(Refusal) as refusal:
            launch.ask(**{"task": task, "claims": CLAIMS, "teacher": teacher, "by": lead, "max_cost_usd": None, **over})
        return refusal.value.code

    with pytest.raises(PermissionDenied):
        launch.ask(task, CLAIMS, teacher=teacher, by=viewer, max_cost_usd=DOLLAR)
    assert code() == "budget_missing"
    assert code(max_cost_usd=Decimal("0.000001")) == "budget_too_small"
    assert code(teacher=offline) == "cannot_verify"
    monkeypatch.setattr(launch, "MOST", 2)
    assert code() == "too_many_claims"
    assert not Order.objects.exists()


def test_a_teacher_that_answers_nothing_is_refused_with_its_reason(teacher: Teacher, task: Task, lead: Member) -> None:
    def failed(job: UUID) -> Job:
        Job.objects.filter(pk=job).update(state=JobState.FAILED, error={"code": "x", "message": "The key is wrong."})
        return Job.objects.get(pk=job)

    with pytest.raises(Refusal) as refusal:
        TeacherVerifier(teacher, task, lead, DOLLAR, failed).verify(CLAIMS)

    assert "The key is wrong." in refusal.value.hint
