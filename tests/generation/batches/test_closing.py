"""A cancelled order's batch, through a real supervisor and engine: ended at the provider, and what was done is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client

from generation.models import Call, Order, ProviderBatch, Teacher
from generation.orders import launch
from generation.orders.way import WayRequest
from generation.states import COLLECT, BatchState, CallState, Stragglers, Way
from jobs.lifecycle import control
from jobs.models import Job, JobEvent
from jobs.scheduling import halt
from jobs.supervisor import run_job
from members.models import Member
from review.models import Draft, Source, Task
from tests.generation.provider_server import Provider, Running
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("forked")]
KEY = "sk-canary-closing-0123456789abcdef"


@pytest.fixture
def provider() -> Iterator[Running]:
    running = Running(Provider())
    running.provider.desk.is_held = True
    yield running
    running.close()


@pytest.fixture
def held(
    task: Task, source: Source, lead: Member, provider: Running, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Order, threading.Thread]]:
    """An order whose batch lies at the provider, and the worker that waits for it."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    teacher = Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{provider.url}/v1",
        secret_ref="OPENAI_API_KEY",
    )  # fmt: skip
    wish = WayRequest(Way.BATCH, Stragglers.ASK)
    order = launch.launch(
        launch.OrderRequest(task, teacher=teacher, count=6, by=lead, max_cost_usd=Decimal(1), wish=wish)
    )
    worker = threading.Thread(target=lambda: (run_job(order.job_id, worker="w"), connections.close_all()))
    worker.start()
    wait_until(lambda: ProviderBatch.objects.filter(state=BatchState.SUBMITTED).exists())
    yield order, worker
    provider.provider.desk.is_held = False
    worker.join(60)


@pytest.mark.slow
def test_a_cancelled_order_s_batch_is_ended_at_the_provider_and_what_was_done_is_kept(
    held: tuple[Order, threading.Thread], provider: Running, lead: Member, client: Client
) -> None:
    order, worker = held
    assert order.job is not None

    control.cancel(order.job, by=lead)
    worker.join(60)
    closing = Job.objects.get(kind=COLLECT)
    run_job(closing.pk, worker="w")

    closing.refresh_from_db()
    order.job.refresh_from_db()
    answered = Call.objects.filter(order=order, state=CallState.ANSWERED)
    assert (order.job.state, closing.state) == ("cancelled", "succeeded"), closing.error
    assert {str(call.pk): 1 for call in answered} == provider.provider.billed
    assert answered.count() == 3
    assert {call.way for call in answered} == {Way.BATCH}
    assert Draft.objects.filter(job_id=order.job_id).count() == 3
    assert ProviderBatch.objects.get().state == BatchState.ENDED
    assert sorted(provider.provider.desk.deleted) == ["err-batch_0", "file-1", "out-batch_0"]
    assert_no_key(order, lead, client)


def test_an_order_that_is_cancelled_during_a_halt_is_ended_at_the_provider_and_asks_nothing(
    held: tuple[Order, threading.Thread], provider: Running, lead: Member
) -> None:
    order, worker = held
    assert order.job is not None
    halt.halt(by=None, reason="a wrong price")
    worker.join(60)
    asked = provider.provider.requests

    control.cancel(order.job, by=lead)
    closing = Job.objects.get(kind=COLLECT)
    run_job(closing.pk, worker="w")

    closing.refresh_from_db()
    assert (closing.state, closing.waiting_reason) == ("succeeded", ""), closing.error
    assert provider.provider.desk.seen["cancel"] >= 1
    assert provider.provider.desk.seen["create"] == 1
    assert provider.provider.requests == asked
    assert ProviderBatch.objects.get().state == BatchState.ENDED
    assert Draft.objects.filter(job_id=order.job_id).count() == provider.provider.billed.total() == 3


@pytest.mark.slow
def test_a_paused_order_s_batch_stays_and_a_resume_takes_it_in(
    held: tuple[Order, threading.Thread], provider: Running, lead: Member
) -> None:
    order, worker = held
    assert order.job is not None

    control.pause(order.job, by=lead)
    worker.join(60)
    provider.provider.desk.is_held = False
    order.job.refresh_from_db()
    control.resume(order.job, by=lead)
    run_job(order.job_id, worker="w")

    order.job.refresh_from_db()
    assert order.job.state == "succeeded", order.job.error
    assert provider.provider.desk.seen["cancel"] == 0
    assert sorted(provider.provider.billed.values()) == [1] * 6
    assert Draft.objects.filter(job_id=order.job_id).count() == 6


def assert_no_key(order: Order, lead: Member, client: Client) -> None:
    """The key stands in no event, file, page or answer of the API."""
    client.force_login(lead)
    pages = [f"/generation/{order.pk}/", f"/jobs/{order.job_id}/", f"/tasks/{order.task.slug}/generation/"]
    shown = [client.get(page) for page in pages]
    assert {page.status_code for page in shown} == {200}
    assert not [page for page in shown if KEY in page.content.decode()]
    assert not [event for event in JobEvent.objects.all() if KEY in str(event.payload)]
    for path in Path(django_settings.RUNS_DIR).rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
