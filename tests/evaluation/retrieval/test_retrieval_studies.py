"""Verifiers over retrieval: a study is registered before anything is judged, goes on where it was stopped, and tells what was found
apart from what was judged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from demo.data.claim_check import CLAIM_CHECK
from evaluation.models import RetrievalStudy
from evaluation.retrieval import register
from evaluation.retrieval.register import RetrievalRequest
from generation.models import Call, Order, Teacher, WebPage
from jobs.lifecycle import control
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import Task
from review.states import Role
from tests.evaluation.retrieval.rows import TOWNS, claims, lines
from tests.review import factories
from training.models import Miniature, TrainingRun
from web.errors import Refusal


def carry(study: RetrievalStudy) -> Job:
    """One ring for the study's job."""
    run_job(study.job_id, worker="worker-1")
    return Job.objects.get(pk=study.job_id)


@pytest.fixture
def checker(miniature: Miniature, admin: Member) -> Miniature:
    """A miniature as if it had been tuned on the demo's task."""
    checks = factories.make_task(by=admin, spec=CLAIM_CHECK.spec, slug="claims").versions.get()
    TrainingRun.objects.filter(pk=miniature.run_id).update(task_version=checks)
    return Miniature.objects.get(pk=miniature.pk)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_lead_registers_on_a_page_and_reads_the_verdict_there(
    pages: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)
    asked = {"claims": lines(), "passages": "1", "miniature": "", "teacher": "", "max_cost_usd": ""}

    priced = client.post(f"/tasks/{pages.slug}/studies/verifiers/", {**asked, "verb": "price"})
    assert "It costs nothing." in priced.content.decode()
    assert not RetrievalStudy.objects.exists()
    answer = client.post(f"/tasks/{pages.slug}/studies/verifiers/", asked)

    study = RetrievalStudy.objects.get()
    assert answer["Location"] == f"/studies/verifiers/{study.pk}/"
    assert "With a power of 80 %" in client.get(answer["Location"]).content.decode()
    assert study.record_sha256 == hashlib.sha256(study.record_text.encode()).hexdigest()
    assert AuditRow.objects.get(act="retrieval_study_registered").detail["sha256"] == study.record_sha256
    assert carry(study).state == "succeeded"
    told = client.get(answer["Location"]).content.decode()
    assert study.verdict.body["retrieval"]["recall"] == 1.0
    assert [(arm["arm"], arm["value"]) for arm in study.verdict.body["arms"]] == [("none", 0.5), ("rules", 1.0)]
    assert study.verdict.body["sentence"] in told
    assert study.verdict.body["sentence"] in client.get(f"/tasks/{pages.slug}/studies/").content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_study_never_changes_and_the_next_of_the_same_takes_its_answers(pages: Task, admin: Member) -> None:
    first = register.launch(pages, RetrievalRequest(claims()), by=admin)
    carry(first)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        RetrievalStudy.objects.filter(pk=first.pk).update(question="Another?")

    again = register.launch(pages, RetrievalRequest(claims()), by=admin)
    other = register.launch(pages, RetrievalRequest(claims(), passages=1), by=admin)
    carry(again)
    carry(other)

    assert list(again.arms.values_list("arm", "is_reused")) == [("none", True), ("rules", True)]
    assert list(other.arms.values_list("is_reused", flat=True)) == [False, False]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_miniature_is_asked_once_and_the_study_holds_no_worker_meanwhile(
    pages: Task, checker: Miniature, admin: Member
) -> None:
    study = register.launch(pages, RetrievalRequest(claims(), miniature=checker), by=admin)

    assert carry(study).state == carry(study).state == "waiting"
    asked = Job.objects.get(kind="write")
    outputs = [{"fields": {"supported": True}, "probabilities": {}} for _ in asked.spec["records"]]
    Job.objects.filter(pk=asked.pk).update(state="succeeded", result={"outputs": outputs})
    assert carry(study).state == "succeeded"

    assert Job.objects.filter(kind="write").count() == 1
    assert [arm["arm"] for arm in study.verdict.body["arms"]] == ["none", "rules", "miniature"]
    # The rules refute what is wrong, so the miniature is asked of the rest only.
    assert len(asked.spec["records"]) == len(TOWNS)
    assert "what decides a claim was found for 100.0 % of them" in study.verdict.body["sentence"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_miniature_that_failed_is_asked_anew_when_the_study_is_set_going_again(
    pages: Task, checker: Miniature, admin: Member
) -> None:
    study = register.launch(pages, RetrievalRequest(claims(), miniature=checker), by=admin)
    carry(study)
    Job.objects.filter(kind="write").update(state="failed", error={"message": "No memory."})

    failed = carry(study)
    assert failed.state == "failed"
    assert "No memory" in failed.error["message"]
    control.resume(failed, by=admin)
    assert carry(study).state == "waiting"

    assert Job.objects.filter(kind="write").count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_models_jobs_rest_and_end_with_the_study(pages: Task, checker: Miniature, admin: Member) -> None:
    study = register.launch(pages, RetrievalRequest(claims(), miniature=checker), by=admin)
    waits = carry(study)

    control.pause(waits, by=admin)
    assert Job.objects.get(kind="write").state == "paused"
    control.resume(Job.objects.get(pk=study.job_id), by=admin)
    assert Job.objects.get(kind="write").state == "queued"
    control.cancel(Job.objects.get(pk=study.job_id), by=admin)

    assert Job.objects.get(kind="write").state == "cancelled"


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch, db: None) -> Teacher:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    return Teacher.objects.create(
        slug="gpt-4o", name="GPT-4o", provider="openai", model="gpt-4o", secret_ref="OPENAI_API_KEY",
        parameters={"max_tokens": 400},
    )  # fmt: skip


def answer(order: Order, *, count: int) -> None:
    """The first calls of an order come back as a teacher that finds support everywhere would answer them; then it ends."""
    for position in range(count):
        Call.objects.create(
            pk=uuid4(), order=order, position=position, state="answered", fields={"supported": True}, model="gpt-4o"
        )
    Job.objects.filter(pk=order.job_id).update(state="succeeded", result={"ended": "budget"})


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_teacher_is_paid_by_an_order_within_a_budget_that_is_named_first(
    pages: Task, admin: Member, paid: Teacher
) -> None:
    asked = RetrievalRequest(claims(), teacher=paid)
    assert 0 < register.price(pages, asked, by=admin) < 1
    with pytest.raises(Refusal) as refusal:
        register.launch(pages, asked, by=admin)
    assert refusal.value.code == "budget_missing"

    study = register.launch(pages, RetrievalRequest(claims(), teacher=paid, max_cost_usd=Decimal(2)), by=admin)

    assert carry(study).state == carry(study).state == "waiting"
    order = Order.objects.get()
    assert (order.task, order.purpose, order.max_cost_usd) == (pages, "claims", Decimal(2))
    answer(order, count=len(TOWNS))
    assert carry(study).state == "succeeded"
    assert study.verdict.body["arms"][-1]["value"] == 1.0
    assert "left" not in study.verdict.body["sentence"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_claims_that_a_teacher_left_are_told_and_its_answers_serve_no_later_study(
    pages: Task, admin: Member, paid: Teacher, as_member: Callable[[Member], Client]
) -> None:
    asked = RetrievalRequest(claims(), teacher=paid, max_cost_usd=Decimal(2))
    study = register.launch(pages, asked, by=admin)
    carry(study)
    answer(Order.objects.get(), count=2)
    assert carry(study).state == "succeeded"

    assert study.verdict.body["sentence"].endswith("The teacher left 4 claims to the rules.")
    page = as_member(admin).get(f"/studies/verifiers/{study.pk}/").content.decode()
    assert "4 claims left to the rules" in page
    again = register.launch(pages, asked, by=admin)
    assert carry(again).state == "waiting"
    # What was answered is not paid for again.
    assert [order.count for order in Order.objects.order_by("created_at")] == [6, 4]


@pytest.mark.django_db(transaction=True)
def test_pages_that_changed_end_a_study_with_the_reason(pages: Task, admin: Member) -> None:
    study = register.launch(pages, RetrievalRequest(claims()), by=admin)
    WebPage.objects.filter(site__title="Vigo").update(text="Nothing is left.")

    job = carry(study)

    assert (job.state, job.error["code"]) == ("failed", "record_changed")


@pytest.mark.slow
@pytest.mark.django_db
def test_programs_register_and_read_and_learn_nothing_of_a_miniature_of_another_task(
    pages: Task,
    checker: Miniature,
    admin: Member,
    make_member: Callable[..., Member],
    api_as: Callable[..., APIClient],
) -> None:
    body = {"task": pages.slug, "claims": [claim._asdict() for claim in claims()], "miniature": checker.slug}

    started = api_as(admin).post("/api/v1/retrieval-studies/", body, format="json", headers={"Idempotency-Key": "1"})

    assert started.status_code == 202, started.content
    viewer = make_member("vera")
    factories.join(viewer, pages, Role.VIEWER)
    reader = api_as(viewer, scopes=("read",))
    listed = reader.get("/api/v1/retrieval-studies/", {"task": pages.slug}).json()["results"]
    assert [each["id"] for each in listed] == [started.json()["id"]]
    told = reader.get(f"/api/v1/retrieval-studies/{started.json()['id']}/")
    assert [arm["arm"] for arm in told.json()["arms"]] == ["none", "rules", "miniature"]
    assert checker.slug not in told.content.decode()
    assert checker.manifest_sha256 not in told.content.decode()
    assert checker.name not in told.content.decode()
    known = api_as(admin).get(f"/api/v1/retrieval-studies/{started.json()['id']}/").content.decode()
    assert checker.slug in known
    address = f"/api/v1/retrieval-studies/{started.json()['id']}/record.json"
    assert checker.slug not in reader.get(address).content.decode()
    assert hashlib.sha256(api_as(admin).get(address).content).hexdigest() == started.json()["record_sha256"]
