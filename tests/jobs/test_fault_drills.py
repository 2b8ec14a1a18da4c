"""Under fire, with real workers, a real Redis and a real engine: no job lost, none stuck, none done twice.

`STRESS=1` runs each drill at full count.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from jobs.lifecycle import notify
from jobs.models import Job, JobEvent
from jobs.rundir.attempt import engine_of
from jobs.rundir.identity import send_signal
from jobs.states import FINISHED
from tests.jobs.conftest import state_of, wait_for
from tests.jobs.fleet import Fleet, Redis, lapse, ring_through

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
ROUNDS = range(20 if os.environ.get("STRESS") == "1" else 1)
COUNT, STEP_S = 40, 0.05
# Of a job that is still under way when something has happened, however slow the machine; it is hurried then.
LONG = 400
# Of what hangs: a busy machine takes a minute for what a quiet one does within seconds.
PATIENCE_S = 240


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def crew(redis: Redis, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Workers and a beat that outlive the tests of this module; starting one takes seconds."""
    ring_through(redis.url)
    fleet = Fleet(redis, tmp_path_factory.mktemp("fleet"))
    yield fleet
    fleet.end()
    ring_through("memory://")
    for mark in Path(django_settings.RUNS_DIR).glob("*/*/engine.json"):
        if engine := engine_of(mark.parent):
            send_signal(engine, signal.SIGKILL)


@pytest.fixture
def fleet(crew: Fleet, transactional_db: None) -> Fleet:
    """Two workers and a beat, ready."""
    if not crew.workers:
        crew.beat()
    crew.ready("first", "second")
    return crew


@pytest.fixture
def hurry(tmp_path: Path) -> Path:
    """What long jobs look for."""
    return tmp_path / "hurry"


def counted(ledger: Path) -> list[str]:
    return ledger.read_text().split() if ledger.exists() else []


def assert_done_once(job: Job, ledger: Path, count: int = COUNT) -> None:
    """Everything happened, once, in order, and the row says so."""
    job.refresh_from_db()
    assert job.state == "succeeded", (job.error, reasons(job))
    assert counted(ledger) == [str(n) for n in range(1, count + 1)]
    seqs = list(JobEvent.objects.filter(job=job).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, job.last_seq + 1))
    steps = list(
        JobEvent.objects.filter(job=job, kind="metric").order_by("seq").values_list("payload__step", flat=True)
    )
    # A kill between the ledger's line and the event's may leave one step untold; none is told twice.
    assert len(steps) == len(set(steps))
    assert set(steps) <= set(range(1, count + 1))


def reasons(job: Job) -> list[str]:
    return [
        f"{event.payload['state']}: {event.payload.get('reason', '')}"
        for event in JobEvent.objects.filter(job=job, kind="state").order_by("seq")
    ]


def engine_pid(job: Job) -> int:
    return wait_for(lambda: Job.objects.values_list("pid", flat=True).get(pk=job.pk), PATIENCE_S)


def holder(fleet: Fleet, job: Job) -> subprocess.Popen[bytes]:
    """The worker process that holds the job."""
    return fleet.workers[Job.objects.values_list("worker", flat=True).get(pk=job.pk)]


def end(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker; afterwards it writes nothing more."""
    worker.kill()
    worker.wait()


def under_way(job: Job, ledger: Path, steps: int = 3) -> None:
    wait_for(lambda: len(counted(ledger)) >= steps and engine_pid(job), PATIENCE_S)


def freeze(worker: subprocess.Popen[bytes]) -> None:
    """Stop a worker between its writes: one that stops inside holds the lock of SQLite's file,
    and nobody else can write.
    """
    for _ in range(200):
        worker.send_signal(signal.SIGSTOP)
        if is_writable():
            return
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    raise AssertionError("the worker writes without end")


def is_writable() -> bool:
    """Whether others can write; PostgreSQL locks rows alone."""
    if connection.vendor != "sqlite":
        return True
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=1)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.rollback()
        return True


def taken_over(job: Job) -> None:
    wait_for(lambda: any("Re-attached" in reason for reason in reasons(job)), PATIENCE_S)


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_killed_worker_is_replaced_and_its_engine_taken_over(_round, fleet, launch, ledger, hurry):
    job = launch(count=LONG, step_s=STEP_S, hurry=str(hurry))
    under_way(job, ledger)

    end(holder(fleet, job))
    lapse()
    taken_over(job)
    hurry.touch()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert (job.attempts, job.crashes) == (1, 0), reasons(job)
    assert any("stopped answering" in reason for reason in reasons(job))
    assert any("Re-attached" in reason for reason in reasons(job))


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_killed_engine_is_started_again_where_it_was(_round, fleet, launch, ledger, hurry):
    job = launch(count=LONG, step_s=STEP_S, hurry=str(hurry))
    under_way(job, ledger, random.Random(_round).randint(1, 20))

    os.kill(engine_pid(job), signal.SIGKILL)
    hurry.touch()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert job.attempts == 2
    assert any("SIGKILL" in reason for reason in reasons(job))


@pytest.mark.parametrize("_round", ROUNDS)
def test_worker_and_engine_killed_at_once_are_both_replaced(_round, fleet, launch, ledger, hurry):
    job = launch(count=LONG, step_s=STEP_S, hurry=str(hurry))
    under_way(job, ledger, random.Random(100 + _round).randint(1, 20))
    pid = engine_pid(job)

    end(holder(fleet, job))
    os.kill(pid, signal.SIGKILL)
    lapse()
    hurry.touch()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert job.attempts == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_losing_redis_while_launching_loses_no_job(_round, fleet, redis, launch, tmp_path):
    redis.stop()

    ledgers = [tmp_path / f"ledger-{n}" for n in range(3)]
    jobs = [launch(count=5, ledger=str(path)) for path in ledgers]
    # Who waited for Redis would wait without end: it is back only after this.
    states = {state_of(job) for job in jobs}
    redis.start()
    wait_for(lambda: all(state_of(job) in FINISHED for job in jobs), PATIENCE_S)

    assert states == {"queued"}
    for job, path in zip(jobs, ledgers, strict=True):
        assert_done_once(job, path, 5)


@pytest.mark.parametrize("_round", ROUNDS)
def test_the_same_message_many_times_does_the_job_once(_round, fleet, launch, ledger):
    job = launch(count=COUNT, step_s=STEP_S)

    for _ in range(30):
        assert notify.send(job.pk, job.queue)
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)
    for _ in range(10):
        assert notify.send(job.pk, job.queue)
    time.sleep(0.5)

    assert_done_once(job, ledger)
    assert (job.attempts, job.fence) == (1, 1)


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_frozen_worker_that_wakes_changes_nothing(_round, fleet, launch, ledger, hurry):
    job = launch(count=LONG, step_s=STEP_S, hurry=str(hurry))
    under_way(job, ledger)
    frozen = holder(fleet, job)

    freeze(frozen)
    lapse()
    taken_over(job)
    frozen.send_signal(signal.SIGCONT)
    under_way(job, ledger, min(len(counted(ledger)) + 20, LONG - 1))
    hurry.touch()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert job.attempts == 1
    assert frozen.poll() is None, "the woken worker goes on living"


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_worker_told_to_leave_lets_go_and_its_engine_goes_on(_round, fleet, launch, ledger, hurry):
    job = launch(count=LONG, step_s=STEP_S, hurry=str(hurry))
    under_way(job, ledger)
    leaving = holder(fleet, job)

    leaving.terminate()
    # Who waited for the engine would wait without end: it is hurried only after this.
    wait_for(lambda: any("the engine continues" in reason for reason in reasons(job)), PATIENCE_S)
    leaving.wait(PATIENCE_S)
    taken_over(job)
    hurry.touch()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert (job.attempts, job.crashes) == (1, 0)
