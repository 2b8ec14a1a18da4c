"""Workers and engines killed during paid calls, against a server that bills: nothing lost, nothing paid twice.

`STRESS=1` kills 1,000 workers and 50 engines; otherwise a hundredth and a tenth of that.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from generation.engine.journal.writer import FILENAME
from generation.models import Call, Order, ProviderBatch, Teacher
from generation.orders import launch as orders_launch
from generation.orders import queries as selectors
from generation.orders.way import LIVE, WayRequest
from generation.states import CallState, Stragglers, Way
from jobs.lifecycle import control
from jobs.models import Job, JobEvent
from jobs.rundir.attempt import engine_of
from jobs.rundir.identity import send_signal
from jobs.states import FINISHED, JobState
from jobs.supervisor import run_dirs
from members.models import Member
from review.models import Draft, Source, Task
from tests.generation.provider_server import Provider, Running
from tests.jobs.fleet import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
IS_FULL = os.environ.get("STRESS") == "1"
WORKER_KILLS, ENGINE_KILLS = (1000, 50) if IS_FULL else (10, 5)
# Of one order; each engine has so many calls on the wire.
COUNT, AT_ONCE_EACH, WORKERS = 60, 3, 2
KEY = "sk-canary-drill-0123456789abcdef"
BY_BATCH = WayRequest(Way.BATCH, Stragglers.ASK)


@pytest.fixture
def billing() -> Iterator[Running]:
    running = Running(Provider(latency_s=0.15, keep_bodies=False))
    running.provider.desk.batch_s = 1.5
    yield running
    running.close()


class Nursery:
    """Workers by name; each that is killed is followed by another."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test",
            "TEST_VAR_DIR": str(django_settings.VAR_DIR),
            "TEST_DATABASE_URL": database_url(),
            "ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
            "OPENAI_API_KEY": KEY,
            "BROKER_URL": "memory://",
            # Others live while one is killed: its lease has to run out by itself.
            "JOB_LEASE_S": "1",
            "PYTHONPATH": str(django_settings.BASE_DIR),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.generation.nursery"],
            cwd=django_settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = {}
        self.born = 0

    def fill(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        while len(self.pids) < WORKERS:
            self.born += 1
            name = f"w{self.born}"
            self.process.stdin.write(f"{name}\n")
            self.process.stdin.flush()
            self.pids[name] = int(self.process.stdout.readline())

    def kill(self, name: str) -> None:
        os.kill(self.pids.pop(name), signal.SIGKILL)
        self.fill()

    def close(self) -> None:
        for pid in self.pids.values():
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        for mark in Path(django_settings.RUNS_DIR).glob("*/*/engine.json"):
            if engine := engine_of(mark.parent):
                send_signal(engine, signal.SIGKILL)


@pytest.fixture
def nursery(transactional_db: None) -> Iterator[Nursery]:
    made = Nursery()
    made.fill()
    yield made
    made.close()


@pytest.fixture
def order_anew(
    task: Task, source: Source, lead: Member, billing: Running, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Order]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    teacher = Teacher.objects.create(
        slug="local", name="Local", provider="openai", model="gpt-4o", base_url=f"{billing.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=AT_ONCE_EACH,
    )  # fmt: skip
    made: list[Order] = []

    def launch() -> Order:
        wish = BY_BATCH if len(made) % 2 else LIVE
        made.append(
            orders_launch.launch(
                orders_launch.OrderRequest(
                    task, teacher=teacher, count=COUNT, by=lead, max_cost_usd=Decimal(5), wish=wish
                )
            )
        )
        return made[-1]

    return launch


def kept_going(lead: Member, order_anew: Callable[[], Order], *, until_done: bool = False) -> list[Job]:
    """Jobs of orders that are under way; one that failed after too many crashes is resumed, as a person would."""
    for job in Job.objects.filter(state=JobState.FAILED):
        assert job.error["code"] in ("crashed", "stopped_itself", "worker_lost"), job.error
        control.resume(job, by=lead)
    open_jobs = list(Job.objects.exclude(state__in=FINISHED))
    while len(open_jobs) < WORKERS and not until_done:
        open_jobs.append(order_anew().job)
    return open_jobs


def test_no_call_is_lost_or_paid_twice_when_workers_and_engines_are_killed(
    nursery: Nursery, order_anew: Callable[[], Order], lead: Member, billing: Running
) -> None:
    chance = random.Random(7)
    kills = {"worker": 0, "engine": 0}
    targets = {"worker": WORKER_KILLS, "engine": ENGINE_KILLS}

    while kills != targets:
        running = [job for job in kept_going(lead, order_anew) if job.state == JobState.RUNNING and is_paying(job)]
        time.sleep(chance.uniform(0, 0.2))
        for job in running:
            share = (targets["engine"] - kills["engine"]) / max(1, sum(targets.values()) - sum(kills.values()))
            what = "engine" if chance.random() < share else "worker"
            if what == "engine" and killed_engine(job):
                kills["engine"] += 1
            elif what == "worker" and job.worker in nursery.pids and kills["worker"] < WORKER_KILLS:
                nursery.kill(job.worker)
                kills["worker"] += 1
    deadline = time.monotonic() + 180
    while kept_going(lead, order_anew, until_done=True):
        assert time.monotonic() < deadline, list(Job.objects.values_list("state", "waiting_reason"))
        time.sleep(0.1)

    assert_accounted(billing, in_flight=ENGINE_KILLS * AT_ONCE_EACH)


def is_paying(job: Job) -> bool:
    """Whether the engine of its present attempt has begun to pay: a death before that tells nothing."""
    journal = run_dirs.run_dir_of(job.pk, job.run_fence) / FILENAME
    return bool(job.pid) and journal.exists() and journal.stat().st_size > 0


def killed_engine(job: Job) -> bool:
    pid = Job.objects.filter(state=JobState.RUNNING, pk=job.pk).values_list("pid", flat=True).first()
    if not pid:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def assert_accounted(billing: Running, *, in_flight: int) -> None:
    billed = billing.provider.billed
    calls = {str(call.pk): call for call in Call.objects.all()}
    answered = {pk for pk, call in calls.items() if call.state == CallState.ANSWERED}
    uncertain = {pk: call for pk, call in calls.items() if call.state == CallState.UNCERTAIN}
    assert {job.state for job in Job.objects.all()} == {JobState.SUCCEEDED}
    assert max(billed.values()) == 1, "a call was paid twice"
    assert set(billed) <= answered | set(uncertain), "a paid call was lost"
    assert len(answered) + len(uncertain) == COUNT * Order.objects.count()
    assert answered <= set(billed)
    assert len(uncertain) <= in_flight
    assert all(call.possible_cost_usd > 0 for call in uncertain.values())
    shown = {str(call.pk) for order in Order.objects.all() for call in selectors.uncertain_calls(order)}
    assert shown == set(uncertain)
    assert Draft.objects.count() == len(answered)
    assert not ProviderBatch.objects.exclude(state__in=("ended", "dropped")).exists()
    assert not [event for event in JobEvent.objects.all() if KEY in str(event.payload)]
