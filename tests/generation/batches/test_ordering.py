"""Orders that go by batches: priced, launched, told of, and closed after a cancel."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from generation.calls import ingest
from generation.models import Order, ProviderBatch, Teacher
from generation.orders import batches, launch, run_spec
from generation.orders.way import WayRequest
from generation.states import COLLECT, BatchState, Stragglers, Way
from jobs.contracts import EngineEvent
from jobs.lifecycle import consumers, control
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Source, Task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
BY_BATCH = WayRequest(Way.BATCH, Stragglers.LEAVE)


@pytest.fixture
def batched(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    return launch.launch(
        launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(1), wish=BY_BATCH)
    )


def told(state: str = "submitted", **over: Any) -> EngineEvent:
    payload = {
        "token": "t-1",
        "batch_id": "batch_1",
        "state": state,
        "positions": [[0, 2]],
        "requests": 3,
        "done": 0,
        "possible_cost_usd": 0.01,
        "note": "",
        "prepared_at": time.time(),
    }
    return EngineEvent(seq=1, ts=time.time(), kind="batch", payload=payload | over)


def test_a_batch_is_estimated_at_its_share_of_the_price_and_within_a_day(
    task: Task, source: Source, paid: Teacher, lead: Member
) -> None:
    live = launch.quote(launch.OrderRequest(task, teacher=paid, count=4, by=lead)).estimate

    batch = launch.quote(launch.OrderRequest(task, teacher=paid, count=4, by=lead, wish=BY_BATCH)).estimate

    assert batch.cost_usd == pytest.approx(live.cost_usd / 2, abs=2e-6)
    assert batch.worst_call_usd == pytest.approx(live.worst_call_usd / 2)
    assert batch.time_s == 86_400


def test_a_teacher_that_takes_no_batches_is_refused_before_anything_is_written(
    task: Task, source: Source, offline: Teacher, lead: Member
) -> None:
    with pytest.raises(Refusal) as refused:
        launch.launch(launch.OrderRequest(task, teacher=offline, count=4, by=lead, wish=BY_BATCH))

    assert refused.value.code == "no_batches"
    assert "way" in refused.value.errors
    assert not Order.objects.exists()


def test_the_engine_is_told_the_way_and_keeps_the_teacher_s_own_price(batched: Order) -> None:
    assert batched.job is not None

    spec = run_spec.build(batched.job)

    assert (spec["way"], spec["stragglers"], spec["batches"]) == ("batch", "leave", [])
    assert spec["teacher"]["batch_factor"] == 0.5
    assert spec["teacher"]["input_usd_per_million"] > 0


def test_what_an_engine_tells_of_a_batch_is_kept_and_told_to_the_next(batched: Order) -> None:
    job = batched.job
    assert job is not None

    ingest.consume(job, [told("preparing", batch_id=""), told(done=2)])
    ingest.consume(job, [told(done=2)])

    (row,) = ProviderBatch.objects.all()
    assert (row.state, row.batch_id, row.done, row.requests) == (BatchState.SUBMITTED, "batch_1", 2, 3)
    (known,) = run_spec.build(job)["batches"]
    assert (known["token"], known["batch_id"], known["positions"]) == ("t-1", "batch_1", [[0, 2]])


def test_a_batch_that_was_taken_in_is_not_opened_by_an_old_event(batched: Order) -> None:
    job = batched.job
    assert job is not None
    ingest.consume(job, [told("ended")])

    ingest.consume(job, [told()])

    assert ProviderBatch.objects.get().state == BatchState.ENDED
    assert run_spec.build(job)["batches"] == []


def test_cancelling_an_order_with_a_batch_at_the_provider_launches_one_job_that_closes_it(
    batched: Order, lead: Member
) -> None:
    job = batched.job
    assert job is not None
    ingest.consume(job, [told()])
    control.pause(job, by=lead)

    control.cancel(job, by=lead)
    control.cancel(job, by=lead)

    (closing,) = Job.objects.filter(kind=COLLECT)
    assert closing.subject_id == batched.pk
    spec = run_spec.build(closing)
    assert (spec["way"], spec["order"], len(spec["batches"])) == ("collect", str(batched.pk), 1)
    assert run_spec.secret_refs(closing) == ["OPENAI_API_KEY"]


def test_the_job_that_closes_batches_can_be_paused_but_not_cancelled(
    batched: Order, lead: Member, client: Client, api_as: Callable[..., APIClient]
) -> None:
    assert batched.job is not None
    ingest.consume(batched.job, [told()])
    control.cancel(batched.job, by=lead)
    closing = Job.objects.get(kind=COLLECT)
    client.force_login(lead)

    refused = api_as(lead, scopes=("lead",)).post(f"/api/v1/jobs/{closing.pk}/cancel/")
    page = client.get(f"/jobs/{closing.pk}/").content.decode()

    closing.refresh_from_db()
    assert (refused.status_code, refused.data["code"], closing.state) == (409, "job_state", "queued")
    assert 'data-job-verb="pause"' in page
    assert 'data-job-verb="cancel"' not in page
    assert control.pause(closing, by=lead).state == "paused"


def test_batches_whose_closing_job_an_earlier_release_let_people_cancel_are_closed_by_another(
    batched: Order, lead: Member, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    assert batched.job is not None
    ingest.consume(batched.job, [told()])
    control.cancel(batched.job, by=lead)
    cancelled = Job.objects.get(kind=COLLECT)
    Job.objects.filter(pk=cancelled.pk).update(state=JobState.CANCELLED, finished_at=timezone.now())

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            consumers.mark_missed(cursor="")
            consumers.call_missed()

    (anew,) = Job.objects.filter(kind=COLLECT).exclude(pk=cancelled.pk)
    assert (anew.state, anew.title, anew.subject_id) == ("queued", cancelled.title, batched.pk)
    assert batches.batches_of(batched).closing == anew
    assert len(run_spec.build(anew)["batches"]) == 1


def test_cancelling_an_order_with_nothing_at_the_provider_launches_nothing(batched: Order, lead: Member) -> None:
    assert batched.job is not None
    ingest.consume(batched.job, [told("ended")])

    control.cancel(batched.job, by=lead)

    assert not Job.objects.filter(kind=COLLECT).exists()


def test_what_the_closing_job_brings_belongs_to_the_order(batched: Order, lead: Member) -> None:
    job = batched.job
    assert job is not None
    ingest.consume(job, [told()])
    control.cancel(job, by=lead)
    closing = Job.objects.get(kind=COLLECT)
    end = {
        "call_id": "00000000-0000-4000-8000-000000000001",
        "index": 0,
        "record": batched.record_ids[0],
        "repeat": 0,
        "code": "batch_unanswered",
        "message": "The batch ended before this call's turn.",
        "latency_s": 0.0,
        "way": "batch",
    }

    ingest.consume(closing, [told("ended"), EngineEvent(seq=2, ts=time.time(), kind="failure", payload=end)])

    (call,) = batched.calls.all()
    assert (call.error_code, call.way) == ("batch_unanswered", Way.BATCH)
    assert ProviderBatch.objects.get().state == BatchState.ENDED


def test_the_api_takes_a_way_and_shows_batches(
    task: Task, source: Source, paid: Teacher, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    api = api_as(lead, scopes=("lead",))
    body = {"task": task.slug, "teacher": paid.slug, "count": 2, "max_cost_usd": "1", "way": "batch"}
    started = api.post("/api/v1/orders/", body, format="json")
    order = Order.objects.get(pk=started.data["id"])
    assert order.job is not None
    ingest.consume(order.job, [told()])

    shown = api.get(f"/api/v1/orders/{order.pk}/").data

    assert (shown["way"], shown["stragglers"]) == ("batch", "ask")
    assert shown["batches"][0]["batch_id"] == "batch_1"


@pytest.mark.slow
def test_the_launch_form_orders_by_batches_and_the_page_shows_what_lies_at_the_provider(
    task: Task, source: Source, paid: Teacher, lead: Member, client: Client
) -> None:
    client.force_login(lead)
    body = {"teacher": paid.slug, "count": 4, "max_cost_usd": "1", "way": "batch", "stragglers": "leave"}
    launched = client.post(f"/tasks/{task.slug}/generation/", body)
    order = Order.objects.get()
    assert order.job is not None
    ingest.consume(order.job, [told(done=1)])

    page = client.get(launched["Location"])

    assert (order.way, order.stragglers) == (Way.BATCH, Stragglers.LEAVE)
    assert "batch_1" in page.content.decode()
    assert "1 of 3" in page.content.decode()
