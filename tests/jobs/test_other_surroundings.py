"""The two surroundings that `make run` on this kind of machine does not show: no Redis at all, and containers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jobs.models import Job
from jobs.rundir.attempt import engine_of, read_result
from jobs.rundir.identity import started
from jobs.states import FINISHED
from tests.jobs.conftest import state_of, wait_for
from tests.jobs.fleet import Fleet, Redis, ring_through
from tests.jobs.test_fault_drills import LONG, PATIENCE_S, assert_done_once, holder, reasons, under_way

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]


@pytest.fixture
def fleet(tmp_path: Path, transactional_db: None) -> Iterator[Fleet]:
    fleet = Fleet(Redis(tmp_path), tmp_path)
    yield fleet
    fleet.end()
    ring_through("memory://")


def test_without_redis_jobs_ring_through_a_file(fleet, launch, ledger, tmp_path):
    url = f"sqla+sqlite:///{tmp_path / 'broker.sqlite3'}"
    ring_through(url)
    fleet.worker("lone", BROKER_URL=url)
    fleet.ready("lone")

    job = launch(count=5)
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, 5)


def test_in_a_container_engines_save_and_end_with_their_worker(fleet, launch, ledger, tmp_path):
    fleet.redis.start()
    ring_through(fleet.redis.url)
    fleet.worker("first", JOB_ENGINES_OUTLIVE_WORKERS="0")
    fleet.ready("first")
    hurry = tmp_path / "hurry"
    job = launch(count=LONG, step_s=0.05, hurry=str(hurry))
    under_way(job, ledger)
    leaving = holder(fleet, job)

    leaving.terminate()
    leaving.wait(PATIENCE_S)

    run_dir = Path(settings.RUNS_DIR) / str(job.pk) / "1"
    engine, result = engine_of(run_dir), read_result(run_dir)
    assert engine is not None and started(engine.pid) != engine.pid_started, "the engine went on without its worker"
    # It was not killed: who is, for want of time to save, leaves none.
    assert result is not None and result.outcome == "stopped"
    assert state_of(job) == "queued", reasons(job)

    hurry.touch()
    fleet.worker("second", JOB_ENGINES_OUTLIVE_WORKERS="0")
    fleet.beat()
    wait_for(lambda: state_of(job) in FINISHED, PATIENCE_S)

    assert_done_once(job, ledger, LONG)
    assert Job.objects.get(pk=job.pk).attempts == 2
    fleet.redis.stop()
