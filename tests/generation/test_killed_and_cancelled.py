"""An engine that is killed among its calls, and whose order is then cancelled:
in doubt is what was asked, and no more.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from generation.engine.plan import expand_runs
from generation.models import Call, Teacher
from generation.orders import earlier_calls, launch
from generation.states import CallState
from jobs.lifecycle import control
from jobs.rundir.attempt import engine_of
from jobs.supervisor import run_dirs, run_job
from members.models import Member
from review.models import Source, Task
from tests.generation.provider_server import Provider, Running
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ANSWERED, AT_ONCE = 3, 2


@pytest.fixture
def provider() -> Iterator[Running]:
    running = Running(Provider())
    running.provider.script, running.provider.always = ["ok"] * ANSWERED, "slow:60"
    yield running
    running.close()


def test_of_an_order_cancelled_after_its_engine_was_killed_only_calls_on_the_wire_are_in_doubt(
    task: Task, source: Source, lead: Member, provider: Running, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    teacher = Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{provider.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=AT_ONCE,
    )  # fmt: skip
    order = launch.launch(launch.OrderRequest(task, teacher=teacher, count=12, by=lead, max_cost_usd=Decimal(1)))
    assert order.job is not None
    worker = threading.Thread(target=lambda: (run_job(order.job_id, worker="w"), connections.close_all()))
    worker.start()
    wait_until(lambda: provider.provider.in_flight == AT_ONCE and len(provider.provider.billed) == ANSWERED + AT_ONCE)
    wait_until(lambda: Call.objects.filter(state=CallState.ANSWERED).count() == ANSWERED)
    [told] = earlier_calls.announced_without_end(order)
    engine = engine_of(run_dirs.run_dir_of(order.job.pk, told.attempt))
    assert engine is not None

    os.kill(engine.pid, signal.SIGKILL)
    worker.join(60)
    control.cancel(order.job, by=lead)

    calls = {str(call.pk): call for call in Call.objects.filter(order=order)}
    uncertain = {pk for pk, call in calls.items() if call.state == CallState.UNCERTAIN}
    assert len(expand_runs(told.positions)) > ANSWERED + AT_ONCE
    assert len(uncertain) == AT_ONCE
    assert set(calls) == set(provider.provider.billed)
    assert all(calls[pk].possible_cost_usd > 0 for pk in uncertain)
