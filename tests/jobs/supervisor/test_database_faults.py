"""A database that is away for a moment: what it broke off is tried again, and what was done by then is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F

from jobs.kinds.base import MustWait
from jobs.lifecycle import control
from jobs.models import Job
from jobs.supervisor import engine_process, run_dirs, run_job, watch_engine
from jobs.supervisor.shutdown import Shutdown
from tests.jobs.conftest import state_of, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
Match = Callable[[str, Any], bool]


@contextmanager
def failing_once(matches: Match) -> Iterator[None]:
    """Let the first statement of this thread that matches find no database."""
    missed: list[str] = []

    def execute_or_miss(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not missed and matches(sql, params):
            missed.append(sql)
            raise OperationalError("the connection was lost")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(execute_or_miss):
        yield
    assert missed


def writes(state: str) -> Match:
    return lambda sql, params: 'SET "last_seq" =' in sql and state in params


def begins_attempt(sql: str, params: Any) -> bool:
    return sql.startswith("UPDATE") and '"attempts" = (' in sql


def names_engine(sql: str, params: Any) -> bool:
    return 'SET "pid" =' in sql


def names_engine_again(sql: str, params: Any) -> bool:
    return all(each in sql for each in ('SET "last_seq" =', '"pid" =', '"crashes" =')) and '"state" =' not in sql


def asks_for_halt(sql: str, params: Any) -> bool:
    """Beside a running engine; a claim asks in its transaction."""
    return "jobs_halt" in sql and not connection.in_atomic_block


@pytest.mark.parametrize("fault", [OperationalError("database is locked"), InterfaceError("connection closed")])
def test_a_result_that_the_database_did_not_take_is_taken_by_the_next_attempt(
    launch, kinds, monkeypatch, ledger, fault
):
    take_over = kinds["counting"].on_finished

    def stumble(job, result, collected):
        monkeypatch.setattr(kinds["counting"], "on_finished", take_over)
        raise fault

    monkeypatch.setattr(kinds["counting"], "on_finished", stumble)
    job = launch(count=3)

    run_job(job.pk, worker="worker-1")
    between = state_of(job)
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (between, job.state, job.result["total"]) == ("queued", "succeeded", 3)
    assert ledger.read_text().split() == ["1", "2", "3"]
    assert kinds["counting"].ends == ["succeeded"]


@pytest.mark.parametrize("kind", ["counting", "inline"])
def test_a_database_that_never_takes_a_result_fails_the_job_in_the_end(launch, kinds, monkeypatch, settings, kind):
    def refuse(job, result, collected):
        if result.outcome == "succeeded":
            raise OperationalError("database is locked")

    settings.JOB_MAX_ATTEMPTS = 2
    monkeypatch.setattr(kinds[kind], "on_finished", refuse)
    job = launch(kind, count=3)

    for _ in range(3):
        run_job(job.pk, worker="worker-1")

    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error["code"]) == ("failed", "database_away")
    assert "database is locked" in job.error["message"]


@pytest.mark.parametrize(
    ("kind", "matches"),
    [
        ("inline", begins_attempt),
        ("inline", writes("succeeded")),
        ("counting", begins_attempt),
        ("counting", names_engine),
    ],
)
def test_an_attempt_that_the_database_broke_off_is_followed_by_another(launch, ledger, kind, matches):
    job = launch(kind, count=3)

    with failing_once(matches):
        run_job(job.pk, worker="worker-1")
    between = Job.objects.get(pk=job.pk)
    engine = engine_process.find(run_dirs.run_dir_of(job.pk, between.run_fence))
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (between.state, between.crashes, between.worker, engine) == ("queued", 1, "", None)
    assert (job.state, job.result["total"]) == ("succeeded", 3)
    assert kind == "inline" or ledger.read_text().split() == ["1", "2", "3"]


def test_an_attempt_that_did_not_begin_takes_up_no_result_of_one_before(launch, admin, ledger):
    job = launch(count=3, fail_at=2)
    run_job(job.pk, worker="worker-1")
    control.resume(job, by=admin)
    Job.objects.filter(pk=job.pk).update(spec={**job.spec, "fail_at": None})

    with failing_once(begins_attempt):
        run_job(job.pk, worker="worker-1")
    run_job(job.pk, worker="worker-1")

    assert (state_of(job), ledger.read_text().split()) == ("succeeded", ["1", "2", "3"])


def test_a_job_that_waits_or_stops_while_the_database_is_away_waits_and_stops_all_the_same(launch, kinds, monkeypatch):
    def wait(job, attempt):
        raise MustWait("2 of 8 cells are done", again_s=60, is_over=lambda: False)

    def stop(job, attempt):
        control.pause(job, by=None)
        attempt.progress(1, 2)

    states = []
    for run_inline, target in ((wait, "waiting"), (stop, "paused")):
        monkeypatch.setattr(kinds["inline"], "run_inline", run_inline)
        job = launch("inline")
        with failing_once(writes(target)):
            run_job(job.pk, worker="worker-1")
        run_job(job.pk, worker="worker-1")
        states.append(state_of(job))

    assert states == ["waiting", "paused"]


def test_an_engine_goes_on_while_the_database_cannot_tell_of_a_halt(launch, ledger):
    job = launch("leaving", count=30)

    with failing_once(asks_for_halt):
        run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.attempts, len(ledger.read_text().split())) == ("succeeded", 1, 30)


def test_an_engine_that_is_met_again_while_the_database_is_away_is_taken_up_later(launch, carrying, ledger, tmp_path):
    job = launch(count=100, hurry=str(tmp_path / "hurry"))
    first = carrying(job)
    wait_for(ledger.exists)
    Job.objects.filter(pk=job.pk).update(fence=F("fence") + 1, lease_until=None, state="queued", worker="")
    first.join(60)

    with failing_once(names_engine_again):
        run_job(job.pk, worker="worker-1")
    between = Job.objects.get(pk=job.pk)
    (tmp_path / "hurry").touch()
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (between.state, between.settled, between.engine_until is None) == ("queued", False, False)
    assert (job.state, job.attempts, len(ledger.read_text().split())) == ("succeeded", 1, 100)


@pytest.mark.parametrize("outlives", [True, False])
def test_a_worker_that_leaves_while_the_database_is_away_costs_no_job(
    launch, ledger, monkeypatch, settings, tmp_path, outlives
):
    settings.JOB_ENGINES_OUTLIVE_WORKERS = outlives
    leaving = Shutdown()
    job = launch(count=100, hurry=str(tmp_path / "hurry"))
    run_dir = run_dirs.run_dir_of(job.pk, 1)

    def leave() -> None:
        wait_for(ledger.exists)
        leaving.begin()

    def hears_the_last(sql: str, params: Any) -> bool:
        return leaving.has_begun and engine_process.find(run_dir) is None

    thread = threading.Thread(target=leave)
    with monkeypatch.context() as patch, failing_once(writes("queued") if outlives else hears_the_last):
        patch.setattr(watch_engine, "SHUTDOWN", leaving)
        thread.start()
        run_job(job.pk, worker="worker-1")
        thread.join()
    between = state_of(job)
    (tmp_path / "hurry").touch()
    for _ in range(2):
        run_job(job.pk, worker="worker-1")

    assert (between, state_of(job)) == ("queued", "succeeded")
    assert ledger.read_text().split() == [str(number) for number in range(1, 101)]
