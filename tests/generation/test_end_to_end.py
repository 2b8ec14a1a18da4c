"""An order through a real supervisor and a real engine process, against the offline teacher and a local provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from generation.models import Call, Order, Teacher
from generation.orders import launch
from jobs.lifecycle import control
from jobs.supervisor import run_job
from members.models import Member
from review.models import Draft, Source, Task
from tests.generation.provider_server import Provider, Running
from tests.waiting import wait_until
from web.logs import context

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slow_provider() -> Iterator[Running]:
    running = Running(Provider(latency_s=0.2))
    yield running
    running.close()


@pytest.mark.slow
def test_an_offline_order_fills_the_desk(task: Task, source: Source, offline: Teacher, lead: Member) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=9, by=lead))

    run_job(order.job_id, worker="w")

    order.job.refresh_from_db()
    assert order.job.state == "succeeded", order.job.error
    assert Draft.objects.filter(job_id=order.job_id).count() == 9
    assert (order.job.progress["done"], order.job.result["drafts"]) == (9, 9)


def test_lines_of_an_engine_bear_the_request_that_ordered_it_although_its_message_was_lost(
    task: Task, source: Source, offline: Teacher, lead: Member, client: Client, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("LOG_FORMAT", "json")
    client.force_login(lead, backend="django.contrib.auth.backends.ModelBackend")
    body = {"task": task.slug, "teacher": offline.slug, "source": source.slug, "count": 2}
    headers = {"X-Request-ID": "from-the-proxy-7"}
    ordered = client.post("/api/v1/orders/", body, content_type="application/json", headers=headers)
    assert ordered.status_code == 202 and not context.request_id()

    run_job(UUID(ordered.json()["job"]), worker="w")

    job = Order.objects.get().job
    log = settings.RUNS_DIR / str(job.pk) / str(job.run_fence) / "engine.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = {(line["request_id"], line["job_id"], line["kind"]) for line in lines}
    assert job.state == "succeeded"
    assert told == {("from-the-proxy-7", str(job.pk), "generation")}
    assert "from-the-proxy-7" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert client.get(f"/api/v1/jobs/{job.pk}/").json()["request_id"] == "from-the-proxy-7"


@pytest.mark.slow
def test_a_paused_order_goes_on_and_pays_for_the_rest_only(
    task: Task, source: Source, lead: Member, slow_provider: Running, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    teacher = Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{slow_provider.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=2,
    )  # fmt: skip
    order = launch.launch(launch.OrderRequest(task, teacher=teacher, count=12, by=lead, max_cost_usd=Decimal(1)))
    worker = threading.Thread(target=lambda: (run_job(order.job_id, worker="w"), connections.close_all()))
    worker.start()
    wait_until(lambda: slow_provider.provider.billed.total() >= 3)
    # The other answers take longer than a busy machine needs to pause.
    slow_provider.provider.latency_s = 3.0

    control.pause(order.job, by=lead)
    worker.join(60)
    slow_provider.provider.latency_s = 0.0
    paid = slow_provider.provider.billed.total()
    order.job.refresh_from_db()
    assert order.job.state == "paused"
    control.resume(order.job, by=lead)
    run_job(order.job_id, worker="w")

    order.job.refresh_from_db()
    assert order.job.state == "succeeded", order.job.error
    assert 3 <= paid < 12
    assert sorted(slow_provider.provider.billed.values()) == [1] * 12
    assert Draft.objects.filter(job_id=order.job_id).count() == 12
    assert Call.objects.filter(order=order, state="answered").count() == 12
    assert Order.objects.get().calls.count() == 12
