"""A spare process: stands by with its imports done, becomes the next attempt's engine, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest

from jobs.contracts import SpecEnvelope
from jobs.lifecycle import control
from jobs.models import Job
from jobs.rundir import identity, write_spec
from jobs.rundir.attempt import LOG, RESULT
from jobs.supervisor import run_job
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from tests.jobs.conftest import state_of, wait_for
from web.logs import context

pytestmark = pytest.mark.django_db(transaction=True)
MODULE = "tests.jobs.engines.counting"
SLOW = "tests.jobs.engines.slow_to_import"


@pytest.fixture(autouse=True)
def spares() -> Iterator[None]:
    yield
    SPARE_PROCESSES.drop(MODULE)
    SPARE_PROCESSES.drop(SLOW)


def stand_by() -> int:
    """Have a spare ready; returns its process id."""
    SPARE_PROCESSES.prepare_soon(MODULE, after_s=0)
    wait_for(lambda: SPARE_PROCESSES.is_ready(MODULE))
    return SPARE_PROCESSES._spares[MODULE].process.pid


@pytest.mark.slow
def test_an_engine_is_made_of_the_spare_and_gets_its_secrets_and_its_log(launch, kinds, ledger, settings):
    settings.SECRETS = {}
    os.environ["SPARE_KEY"] = "s"
    pid = stand_by()
    job = launch(count=3, secret_refs=["SPARE_KEY"])

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    del os.environ["SPARE_KEY"]
    assert job.state == "succeeded"
    assert job.result["secrets"] == ["SPARE_KEY"]
    log = settings.RUNS_DIR / str(job.pk) / str(job.run_fence) / "engine.log"
    assert "counting from 0 to 3" in log.read_text()
    mark = (log.parent / "engine.json").read_text()
    assert f'"pid":{pid},' in mark.replace(" ", "")


@pytest.mark.slow
def test_lines_of_an_engine_made_of_a_spare_bear_its_job_and_its_request(launch, ledger, settings, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    stand_by()
    with context.bound(request_id="request-0008"):
        job = launch(count=1)

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    log = settings.RUNS_DIR / str(job.pk) / str(job.run_fence) / LOG
    told = {line["logger"]: line for line in map(json.loads, json_lines(log.read_text()))}
    assert set(told) == {"jobs.rundir.run", "a thread of the engine"}
    assert {(line["request_id"], line["job_id"]) for line in told.values()} == {("request-0008", str(job.pk))}


def json_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_a_killed_engine_is_followed_by_the_spare_and_a_job_at_its_end_keeps_none(
    launch, kinds, ledger, carrying, admin
):
    kinds["counting"].keeps_spare = True
    # It does not end by itself, however long the spare takes to import.
    job = launch(count=400, step_s=0.02, hurry=str(ledger.with_name("never")))
    carrying(job)
    wait_for(ledger.exists)
    SPARE_PROCESSES.drop(MODULE)
    pid = stand_by()
    job.refresh_from_db()

    os.kill(job.pid, signal.SIGKILL)
    wait_for(lambda: state_of(job) == "queued")
    carrying(job)
    wait_for(lambda: state_of(job) == "running")

    job.refresh_from_db()
    wait_for(lambda: type(job).objects.get(pk=job.pk).pid == pid)
    control.cancel(job, by=admin)
    wait_for(lambda: state_of(job) == "cancelled")
    wait_for(lambda: MODULE not in SPARE_PROCESSES._spares and MODULE not in SPARE_PROCESSES._due)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("stands_by", [False, True])
def test_a_job_that_goes_on_elsewhere_leaves_no_spare_and_none_is_started(launch, kinds, ledger, carrying, stands_by):
    kinds["counting"].keeps_spare = True
    # It does not end by itself, however long the spare takes to import.
    job = launch(count=400, step_s=0.02, hurry=str(ledger.with_name("never")))
    carried = carrying(job)
    wait_for(ledger.exists)
    if stands_by:
        SPARE_PROCESSES.drop(MODULE)
        stand_by()
    job.refresh_from_db()

    Job.objects.filter(pk=job.pk).update(fence=job.fence + 1, run_fence=job.fence + 1)
    carried.join(60)

    assert not carried.is_alive()
    assert MODULE not in SPARE_PROCESSES._spares
    assert MODULE not in SPARE_PROCESSES._due


@pytest.mark.slow
def test_a_spare_that_was_killed_is_no_spare(launch, ledger):
    pid = stand_by()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: SPARE_PROCESSES._spares[MODULE].process.poll() is not None)
    job = launch(count=2)

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert job.state == "succeeded"


@pytest.mark.slow
def test_a_spare_that_is_taken_while_it_imports_becomes_the_engine(ledger, tmp_path, monkeypatch):
    imported, run_dir = tmp_path / "imported", tmp_path / "run"
    monkeypatch.setenv("IMPORT_ENDS_WITH", str(imported))
    body = {"count": 3, "ledger": str(ledger)}
    write_spec(run_dir, SpecEnvelope(job="1", kind="counting", fence=1, lease_s=60, body=body))
    SPARE_PROCESSES.prepare_soon(SLOW, after_s=0)
    wait_for(lambda: SLOW in SPARE_PROCESSES._spares)
    spare = SPARE_PROCESSES.take(SLOW)
    assert spare is not None

    spare.become(run_dir, b"{}")
    imported.touch()

    assert spare.process.wait(60) == 0
    assert (run_dir / RESULT).exists()
    assert "counting from 0 to 3" in (run_dir / LOG).read_text()


def test_a_spare_is_ready_whatever_its_import_says(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORT_ENDS_WITH", str(tmp_path))

    SPARE_PROCESSES.prepare_soon(SLOW, after_s=0)

    wait_for(lambda: SPARE_PROCESSES.is_ready(SLOW))


def test_a_spare_ends_with_the_input_it_waits_on():
    stand_by()
    spare = SPARE_PROCESSES.take(MODULE)
    assert spare is not None
    mark = identity.mark_of(spare.process.pid)

    spare.process.stdin.close()

    wait_for(lambda: spare.process.poll() is not None)
    assert spare.process.returncode == 0
    assert not identity.is_alive(mark)
    spare.end()
