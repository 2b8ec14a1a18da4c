"""Paid calls while everything that leaves is stopped: a running order stops paying, waits,
and pays for the rest once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from generation.models import Call, Order, Teacher
from generation.orders import launch
from jobs.scheduling import halt
from jobs.supervisor import run_job
from members.models import Member
from review.models import Draft, Source, Task
from tests.generation.provider_server import Provider, Running
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("forked")]
CALLS = 30


@pytest.fixture
def provider() -> Iterator[Running]:
    running = Running(Provider(latency_s=0.5))
    yield running
    running.close()


@pytest.fixture
def order(
    task: Task, source: Source, lead: Member, provider: Running, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Order:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    teacher = Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{provider.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=1,
    )  # fmt: skip
    return launch.launch(launch.OrderRequest(task, teacher=teacher, count=CALLS, by=lead, max_cost_usd=Decimal(5)))


@pytest.mark.slow
def test_a_running_order_stops_paying_waits_and_goes_on_where_it_stood(order: Order, provider: Running) -> None:
    assert order.job is not None
    worker = threading.Thread(target=lambda: (run_job(order.job_id, worker="w"), connections.close_all()))
    worker.start()
    wait_until(lambda: provider.provider.billed.total() >= 2)

    halt.halt(by=None, reason="a wrong price")
    worker.join(60)
    paid = provider.provider.billed.total()
    run_job(order.job_id, worker="w")
    order.job.refresh_from_db()
    assert (order.job.state, order.job.error) == ("waiting", None)
    assert "a wrong price" in order.job.waiting_reason
    assert provider.provider.billed.total() == paid < CALLS

    provider.provider.latency_s = 0.0
    halt.resume(by=None)
    run_job(order.job_id, worker="w")

    order.job.refresh_from_db()
    assert order.job.state == "succeeded", order.job.error
    assert sorted(provider.provider.billed.values()) == [1] * CALLS
    assert Draft.objects.filter(job_id=order.job_id).count() == CALLS
    assert not Call.objects.filter(state="uncertain").exists()


def test_an_order_that_is_launched_meanwhile_pays_nothing(order: Order, provider: Running) -> None:
    halt.halt(by=None)

    run_job(order.job_id, worker="w")

    assert order.job is not None
    order.job.refresh_from_db()
    assert (order.job.state, order.job.attempts, provider.provider.requests) == ("waiting", 0, 0)
