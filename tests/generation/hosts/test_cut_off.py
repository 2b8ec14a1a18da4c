"""Two hosts and a server that bills: one is cut off from everything but that server, and stops asking;
nothing is paid twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from generation.engine.journal.writer import FILENAME
from generation.engine.plan import expand_runs
from generation.models import Call, Teacher
from generation.orders import launch
from generation.orders import queries as selectors
from generation.states import CallState
from jobs.rundir.attempt import engine_of
from jobs.states import FINISHED
from members.models import Member
from review.models import Draft, Source, Task
from tests.generation.provider_server import Provider, Running
from tests.jobs.conftest import state_of, wait_for
from tests.jobs.fleet import LEASE_S, Fleet, database_url
from tests.training.hosts.proxy import Line
from tests.training.hosts.test_cut_off import host, is_alive_there

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.timeout(600),
]
COUNT, AT_ONCE = 150, 3
# Each host has a key of its own, so that the server knows who asked.
KEYS = {"first": "sk-canary-first-0123456789abcdef", "second": "sk-canary-second-0123456789abcdef"}


@pytest.fixture
def billing() -> Iterator[Running]:
    running = Running(Provider(latency_s=0.1))
    yield running
    running.close()


@pytest.fixture
def teacher(billing: Running, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Teacher:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["first"])
    return Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{billing.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=AT_ONCE,
    )  # fmt: skip


def asked_by(billing: Running, name: str) -> list[tuple[float, str]]:
    """When this host asked, and for which calls."""
    seen = zip(list(billing.provider.arrivals), list(billing.provider.seen), strict=False)
    return [
        (at, one["headers"]["idempotency-key"]) for at, one in seen if KEYS[name] in one["headers"]["authorization"]
    ]


def announced_by(run_dir: Path) -> set[int]:
    """Indexes of the calls that an attempt said it would ask for."""
    events = map(json.loads, (run_dir / "events.jsonl").read_text().splitlines())
    return {index for one in events if one["kind"] == "asking" for index in expand_runs(one["payload"]["positions"])}


def test_a_host_that_is_cut_off_stops_asking_and_what_it_may_have_paid_is_asked_by_nobody_else(
    task: Task, source: Source, lead: Member, teacher: Teacher, billing: Running, fleet: Fleet,
    lines: tuple[Line, Line], tmp_path: Path,
) -> None:  # fmt: skip
    database, queue = lines
    behind = {
        "TEST_DATABASE_URL": database_url().replace(f":{connection.settings_dict['PORT']}/", f":{database.port}/"),
        "BROKER_URL": f"redis://127.0.0.1:{queue.port}/0",
    }
    common = {"queues": "teachers,generation,default", "ALLOWED_PRIVATE_HOSTS": "127.0.0.1"}
    first = host(fleet, "first", tmp_path, OPENAI_API_KEY=KEYS["first"], **common, **behind)
    fleet.beat()
    order = launch.launch(launch.OrderRequest(task, teacher=teacher, count=COUNT, by=lead, max_cost_usd=Decimal(5)))
    assert order.job is not None
    wait_for(lambda: billing.provider.billed.total() >= 20, 240)
    engine = wait_for(lambda: engine_of(first / str(order.job_id) / "1"))

    database.cut()
    queue.cut()
    cut_at = time.time()
    host(fleet, "second", tmp_path, OPENAI_API_KEY=KEYS["second"], **common)
    wait_for(lambda: not is_alive_there(engine), 120)
    wait_for(lambda: state_of(order.job) in FINISHED, 180)

    order.job.refresh_from_db()
    assert (order.job.state, order.job.host_id, order.job.attempts) == ("succeeded", "second", 2), order.job.error
    by_first, by_second = asked_by(billing, "first"), asked_by(billing, "second")
    assert max(at for at, _ in by_first) - cut_at <= 2 * LEASE_S
    assert by_second
    assert not {call for _, call in by_first} & {call for _, call in by_second}
    assert set(billing.provider.billed.values()) == {1}, "a call was paid twice"
    calls = {str(call.pk): call for call in Call.objects.filter(order=order)}
    answered = {pk for pk, call in calls.items() if call.state == CallState.ANSWERED}
    uncertain = {pk for pk, call in calls.items() if call.state == CallState.UNCERTAIN}
    assert set(billing.provider.billed) <= answered | uncertain, "a paid call was lost"
    assert len(answered) + len(uncertain) == COUNT
    # The first host's last calls, and the few it had announced; whoever has its disk can read which.
    assert set(billing.provider.billed) - answered
    assert {calls[pk].position for pk in uncertain} <= announced_by(first / str(order.job_id) / "1")
    assert all(calls[pk].possible_cost_usd > 0 for pk in uncertain)
    assert {str(call.pk) for call in selectors.uncertain_calls(order)} == uncertain
    assert Draft.objects.filter(job_id=order.job_id).count() == len(answered)
    assert (first / str(order.job_id) / "1" / FILENAME).exists()
