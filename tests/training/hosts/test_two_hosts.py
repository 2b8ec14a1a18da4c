"""A run on two hosts, launched as people launch it: each host a worker in a network namespace, with a disk of its own.

The queue is a socket and the database a file, which both namespaces reach; what processes say to each other goes by
cable.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.models import Host, Job
from jobs.rundir.attempt import engine_of
from jobs.states import FINISHED
from tests.jobs.conftest import state_of, wait_for
from tests.jobs.fleet import Fleet, Redis, ring_through
from tests.training.conftest import freeze
from tests.training.engine.launching.networks import ADDRESSES, inside, two_hosts
from tests.training.hosts.test_cut_off import host, tiny  # noqa: F401
from training.models import Checkpoint, TrainingRun
from training.runs import launch_run
from training.runs import queries as run_selectors
from training.runs.run_request import RunRequest

pytestmark = [
    pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.sqlite_only, pytest.mark.timeout(1800),
]  # fmt: skip
RECIPE = {"epochs": 30, "batch_size": 2, "learning_rate": 1e-4, "rank": 4, "max_length": 1024, "packing": "off",
          "checkpoint_every_steps": 10, "eval_every_steps": 400, "sample_every_steps": 10_000}  # fmt: skip
TWO = {"hosts": 2, "processes": 2, "strategy": "fsdp2"}
PATIENCE_S = 600


@pytest.fixture
def fleet(tmp_path: Path, transactional_db: None) -> Iterator[Fleet]:
    redis = Redis(tmp_path)
    redis.start()
    fleet = Fleet(redis, tmp_path)
    ring_through(redis.url)
    yield fleet
    fleet.end()
    redis.stop()
    ring_through("memory://")


def losses(run: TrainingRun) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in run_selectors.metrics(run) if "loss" in row}


def test_two_hosts_tune_as_one_does_and_a_lost_part_costs_no_more_than_a_crash(tiny, task, admin, fleet, tmp_path):  # noqa: F811
    version = freeze(task, admin, train=16, validation=2, test=1)
    request = RunRequest(dataset_version=version, student=tiny, device="cpu")
    with two_hosts() as names:
        runs = {
            name: host(
                fleet,
                name,
                tmp_path,
                inside=inside(namespace),
                HOST_ADDRESS=address,
                RES_OPTIONS="timeout:1 attempts:1",
            )
            for name, namespace, address in zip(("first", "second"), names, ADDRESSES, strict=True)
        }
        fleet.beat()
        wait_for(lambda: Host.objects.count() == 2, PATIENCE_S)
        alone = launch_run.launch(request, recipe="demo", by=admin, overrides={**RECIPE, "accumulation": 2})
        wait_for(lambda: state_of(alone.job) in FINISHED, PATIENCE_S)
        together = launch_run.launch(request, recipe="demo", by=admin, overrides={**RECIPE, **TWO})
        saved = Checkpoint.objects.filter(run=together)
        wait_for(saved.exists, PATIENCE_S)
        part = Job.objects.get(kind=launch_run.PART)
        engine = engine_of(runs[part.host_id] / str(part.pk) / str(part.run_fence))

        os.killpg(engine.pid, signal.SIGKILL)
        wait_for(lambda: state_of(together.job) in FINISHED, PATIENCE_S)
        parts = Job.objects.filter(kind=launch_run.PART).order_by("created_at")
        wait_for(lambda: all(each.state in FINISHED for each in parts.all()), PATIENCE_S)

    for run in (alone, together):
        run.refresh_from_db()
        run.job.refresh_from_db()
    assert (together.job.state, together.job.attempts) == ("succeeded", 2), together.job.error
    assert together.summary["resumed_from_step"] >= 10
    # Every step, those of both attempts, is that of one process with the same rows in a step.
    assert losses(together) == pytest.approx(losses(alone), rel=1e-5)
    assert len(losses(together)) == alone.summary["steps"] == 120
    assert together.summary["validation_loss"] == pytest.approx(alone.summary["validation_loss"], rel=1e-5)
    assert [each.state for each in parts] == ["failed", "succeeded"]
    assert {each.subject_id for each in parts} == {together.job_id}
