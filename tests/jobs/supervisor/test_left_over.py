"""Engines whose worker is gone end when everything on the host stops."""

from __future__ import annotations

import pytest

from jobs.contracts import SpecEnvelope
from jobs.models import Job
from jobs.rundir import acks, identity, write_spec
from jobs.states import JobState
from jobs.supervisor import engine_process, left_over, run_dirs

pytestmark = pytest.mark.django_db
COUNTING = "tests.jobs.engines.counting"


@pytest.fixture
def engine(tmp_path, settings):
    """An engine at work that heeds no request to stop, of a job whose worker is gone."""
    settings.RUNS_DIR = tmp_path / "runs"
    job = Job.objects.create(
        kind="count", title="Counting", state=JobState.RUNNING, host_id=identity.host_id(), settled=False, fence=1,
        run_fence=1,
    )  # fmt: skip
    run_dir = run_dirs.run_dir_of(job.pk, 1)
    run_dir.mkdir(parents=True)
    body = {"count": 1_000_000, "ledger": str(tmp_path / "ledger"), "deaf": True}
    write_spec(run_dir, SpecEnvelope(job=str(job.pk), kind="count", fence=1, lease_s=600, body=body, secret_refs=[]))
    acks.acknowledge(run_dir, 0)
    started = engine_process.start(COUNTING, run_dir, job=str(job.pk), fence=1, worker="gone", secrets={})
    yield started
    started.kill()


def test_an_engine_that_heeds_nothing_is_killed_in_time(engine):
    assert left_over.end_engines(within_s=0.2) == 1

    assert not engine.is_alive
    assert left_over.end_engines(within_s=0.2) == 0


def test_an_engine_of_another_host_is_left_alone(engine):
    Job.objects.update(host_id="elsewhere")

    assert left_over.end_engines(within_s=0.0) == 0

    assert engine.is_alive
