"""A worker's whole way with one job: real subprocess engine, real database."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
from pathlib import Path

import pytest
from django.conf import settings

from jobs.lifecycle import control
from jobs.models import Job, JobEvent
from jobs.supervisor import run_job
from tests.jobs.conftest import state_of, wait_for
from web.logs import context
from web.logs.formatters import JsonFormatter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_a_job_runs_to_its_end_and_tells_everything_once(launch, kinds, ledger):
    job = launch(count=6)

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.result) == ("succeeded", {"total": 6, "secrets": [], "collected": "6"})
    assert (job.progress["done"], job.progress["total"]) == (6, 6)
    assert ledger.read_text().split() == ["1", "2", "3", "4", "5", "6"]
    assert kinds["counting"].heard == [1, 2, 3, 4, 5, 6]
    assert kinds["counting"].ends == ["succeeded"]
    seqs = list(JobEvent.objects.filter(job=job).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, job.last_seq + 1))


def test_a_supervisors_lines_bear_the_request_that_launched_the_job(launch):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    with context.bound(request_id="request-0006"):
        job = launch(secret_refs=["NOT_ALLOWED"])
    supervisor = logging.getLogger("jobs.supervisor.run_job")
    supervisor.addHandler(handler)

    with context.bound(request_id="request-0007", task="jobs.ring"):
        run_job(job.pk, worker="worker-1")

    supervisor.removeHandler(handler)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert "broke off" in lines[-1]["message"]
    for line in lines:
        assert (line["request_id"], line["job_id"], line["task"]) == ("request-0006", str(job.pk), "jobs.ring")


@pytest.mark.slow
def test_a_ring_for_a_job_that_is_done_does_nothing(launch, ledger):
    job = launch()
    run_job(job.pk, worker="worker-1")
    before = Job.objects.values().get(pk=job.pk)

    run_job(job.pk, worker="worker-2")

    assert Job.objects.values().get(pk=job.pk) == before
    assert len(ledger.read_text().split()) == 5


@pytest.mark.slow
def test_pausing_stops_the_engine_and_resuming_goes_on_where_it_was(launch, admin, carrying, ledger):
    job = launch(count=600, step_s=0.05)
    carrying(job)
    wait_for(ledger.exists)

    control.pause(job, by=admin)
    wait_for(lambda: state_of(job) == "paused")
    counted = len(ledger.read_text().split())
    control.resume(job, by=admin)
    Job.objects.filter(pk=job.pk).update(spec={**job.spec, "count": counted + 3})
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert 0 < counted < 600
    assert job.state == "succeeded"
    assert ledger.read_text().split() == [str(n) for n in range(1, counted + 4)]
    assert job.attempts == 2


@pytest.mark.slow
def test_cancelling_ends_a_running_job(launch, admin, carrying, kinds, ledger):
    job = launch(count=600, step_s=0.05)
    carrying(job)
    wait_for(ledger.exists)

    control.cancel(job, by=admin)

    wait_for(lambda: state_of(job) == "cancelled")
    assert kinds["counting"].ends == ["stopped"]


@pytest.mark.slow
def test_an_engine_that_does_not_listen_is_killed_after_the_grace(launch, admin, carrying, ledger, settings):
    settings.JOB_STOP_GRACE_S = 0.3
    job = launch(count=600, step_s=0.05, deaf=True)
    carrying(job)
    wait_for(ledger.exists)

    control.pause(job, by=admin)

    wait_for(lambda: state_of(job) == "paused")
    said = JobEvent.objects.filter(job=job, kind="state").latest("seq").payload
    assert "SIGKILL" in said["reason"]


@pytest.mark.slow
def test_an_engine_that_dies_again_and_again_and_comes_further_each_time_is_not_given_up(launch, settings, ledger):
    settings.JOB_MAX_ATTEMPTS = 3
    job = launch(count=4, die_each=1)

    for _ in range(4):
        run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("succeeded", 4)
    assert ledger.read_text().split() == ["1", "2", "3", "4"]


@pytest.mark.slow
def test_an_engine_that_dies_is_started_again_and_given_up_in_the_end(launch, settings, ledger):
    settings.JOB_MAX_ATTEMPTS = 3
    job = launch(count=5, die_at=2)

    for _ in range(4):
        run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.error["code"], job.attempts) == ("failed", "crashed", 3)
    assert "3 times without progress" in job.error["message"]
    assert "counting from 2" in job.error["hint"]
    assert ledger.read_text().split() == ["1", "2"]


@pytest.mark.slow
def test_a_failed_engine_says_why_and_may_be_resumed(launch, admin, ledger):
    job = launch(count=4, fail_at=2)

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == {"code": "tired", "message": "Tired of counting.", "hint": "Let it rest."}
    Job.objects.filter(pk=job.pk).update(spec={"count": 4, "ledger": str(ledger)})
    control.resume(job, by=admin)
    run_job(job.pk, worker="worker-1")
    assert state_of(job) == "succeeded"


@pytest.mark.slow
def test_an_artefact_that_changed_after_hashing_fails_the_job(launch, kinds, monkeypatch):
    job = launch()
    kinds["counting"].engine_module = "tests.jobs.engines.tampering"

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "broken_result")
    assert "total.txt is not the file the engine hashed" in job.error["message"]


@pytest.mark.slow
def test_events_the_kind_refuses_fail_the_job_and_stop_its_engine(launch):
    job = launch(count=600, step_s=0.05, poison="no such column")

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "events_refused")
    assert "no such column" in job.error["message"]
    with pytest.raises(ProcessLookupError):
        os.kill(_pid_of(job), 0)


@pytest.mark.slow
def test_secrets_reach_the_engine_by_pipe_and_stand_in_no_file(launch, monkeypatch):
    monkeypatch.setenv("CANARY_API_KEY", "canary-7316")
    job = launch(secret_refs=["CANARY_API_KEY"])

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert job.result["secrets"] == ["CANARY_API_KEY"]
    files = [path for path in (Path(settings.RUNS_DIR) / str(job.pk)).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"canary-7316" in path.read_bytes()]


def test_a_missing_secret_fails_the_job_and_names_the_variable(launch):
    job = launch(secret_refs=["ABSENT_API_KEY"])

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "secret_missing")
    assert "ABSENT_API_KEY" in job.error["hint"]


def test_a_nearly_full_disk_makes_a_job_wait_and_says_so(launch, settings):
    settings.JOB_MIN_FREE_DISK_MIB = 1e12
    job = launch()

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert job.state == "waiting"
    assert "the disk is nearly full" in job.waiting_reason


@pytest.mark.slow
def test_a_second_job_waits_for_the_slot_and_runs_after_it(launch, carrying, ledger, tmp_path):
    hurry = tmp_path / "hurry"
    first = launch("lonely", count=20, step_s=0.05, hurry=str(hurry))
    second = launch("lonely", ledger=str(tmp_path / "other"))
    carrying(first)
    wait_for(ledger.exists)

    run_job(second.pk, worker="worker-1")

    second.refresh_from_db()
    assert (second.state, second.waiting_reason) == ("waiting", "another lonely counting job holds this host's slot")
    hurry.touch()
    wait_for(lambda: state_of(first) == "succeeded")
    run_job(second.pk, worker="worker-1")
    assert state_of(second) == "succeeded"


def test_inline_work_runs_under_the_same_life(launch):
    job = launch("inline", count=3)

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.result, job.progress["done"]) == ("succeeded", {"total": 3}, 3)


def test_inline_work_stops_when_paused(launch, admin, carrying):
    job = launch("inline", count=200, step_s=0.05)
    carrying(job)
    wait_for(lambda: state_of(job) == "running")

    control.pause(job, by=admin)

    wait_for(lambda: state_of(job) == "paused")


@pytest.mark.slow
def test_a_killed_engine_leaves_nothing_it_started_behind(launch, carrying, ledger):
    job = launch(count=600, step_s=0.05)
    thread = carrying(job)
    wait_for(ledger.exists)
    pid = wait_for(lambda: _pid_of(job))

    os.kill(pid, signal.SIGKILL)
    thread.join(60)

    job.refresh_from_db()
    assert (job.state, job.crashes) == ("queued", 1)
    assert "SIGKILL" in JobEvent.objects.filter(job=job, kind="state").latest("seq").payload["reason"]


def _pid_of(job: Job) -> int | None:
    mark = sorted((Path(settings.RUNS_DIR) / str(job.pk)).glob("*/engine.json"))
    import json

    return json.loads(mark[-1].read_text())["pid"] if mark else None
