"""Two hosts with disks of their own: one is cut off from everything and stops, the other goes on from what was stored.

The lines of the first to database and queue go through a proxy that swallows what passes once they are cut.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from jobs.models import Host, JobEvent
from jobs.rundir import identity
from jobs.rundir.attempt import engine_of
from jobs.states import FINISHED
from tests.jobs.conftest import state_of, wait_for
from tests.jobs.fleet import LEASE_S, Fleet, Redis, database_url, ring_through
from tests.postgres_server import free_port
from tests.training.conftest import freeze
from tests.training.hosts.proxy import Line
from training.models import Checkpoint
from training.runs import launch_run
from training.runs import queries as run_selectors
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [
    pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.postgres_only, pytest.mark.timeout(600),
]  # fmt: skip
RECIPE = {"epochs": 50, "batch_size": 1, "learning_rate": 5e-3, "rank": 4, "max_length": 1024,
          "checkpoint_every_steps": 20, "eval_every_steps": 400, "sample_every_steps": 10_000}  # fmt: skip


class TcpRedis(Redis):
    """A redis-server on a loopback port, so that a line to it can be cut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        line = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL)


@pytest.fixture
def tiny(tmp_path: Path, admin: Any, settings: Any) -> Any:
    """A model of a hundred thousand parameters, in a folder that each host finds under the same name."""
    from tests.training.engine.conftest import make_model, make_tokenizer

    folder = tmp_path / "students" / "tiny-llama"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 2048
    model.save_pretrained(folder)
    settings.STUDENT_ROOTS = [folder.parent]
    return registration.register_folder(path=str(folder), by=admin)


@pytest.fixture
def fleet(tmp_path: Path, transactional_db: None) -> Iterator[Fleet]:
    if connection.vendor == "sqlite":
        pytest.skip("a line to a file cannot be cut")
    redis = TcpRedis(tmp_path)
    redis.start()
    fleet = Fleet(redis, tmp_path, lease_s=LEASE_S)
    ring_through(redis.url)
    yield fleet
    fleet.end()
    redis.stop()
    ring_through("memory://")


@pytest.fixture
def lines(fleet: Fleet) -> Iterator[tuple[Line, Line]]:
    """To the database, and to the queue."""
    database, queue = Line(int(connection.settings_dict["PORT"])), Line(fleet.redis.port)
    yield database, queue
    # Workers first: one whose line closes would only say so.
    fleet.end()
    database.close()
    queue.close()


def host(
    fleet: Fleet,
    name: str,
    tmp_path: Path,
    *,
    queues: str = "training,default",
    inside: Sequence[str] = (),
    **more: str,
) -> Path:
    """Start a worker on a host of its own; its run directories."""
    var = tmp_path / name
    var.mkdir()
    command = ["celery", "-A", "tests.jobs.worker_app", "worker", "-n", f"{name}@drill", "-Q", queues]
    fleet.workers[f"{name}@drill"] = fleet.run(
        name, *command, "-l", "warning", "--without-gossip", "--without-mingle", inside=inside,
        DJANGO_SETTINGS_MODULE="tests.training.hosts.separate", TEST_VAR_DIR=str(var), MINIATURES_HOST_ID=name,
        SHARED_ARTEFACTS=str(django_settings.STORAGES["default"]["OPTIONS"]["location"]),
        STUDENTS=str(tmp_path / "students"), OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", **more,
    )  # fmt: skip
    fleet.ready(name)
    return var / "runs"


def test_a_host_that_is_cut_off_stops_by_itself_and_another_goes_on_from_storage(
    tiny, task, admin, fleet, lines, tmp_path
):  # fmt: skip
    database, queue = lines
    behind = {
        "TEST_DATABASE_URL": database_url().replace(f":{connection.settings_dict['PORT']}/", f":{database.port}/"),
        "BROKER_URL": f"redis://127.0.0.1:{queue.port}/0",
    }
    # Before there is a worker: it would freeze the version too.
    version = freeze(task, admin, train=16, validation=2, test=1)
    first = host(fleet, "first", tmp_path, **behind)
    fleet.beat()
    run = launch_run.launch(
        RunRequest(dataset_version=version, student=tiny), recipe="demo", by=admin, overrides=RECIPE
    )
    stored = Checkpoint.objects.filter(run=run).exclude(stored=[])
    wait_for(stored.exists, 240)
    engine = wait_for(lambda: engine_of(first / str(run.job_id) / "1"))

    database.cut()
    queue.cut()
    second = host(fleet, "second", tmp_path)
    run.job.refresh_from_db()
    steps_kept = stored.order_by("-step").first().step
    wait_for(lambda: not is_alive_there(engine), 120)
    wait_for(lambda: state_of(run.job) in FINISHED, 240)

    run.job.refresh_from_db()
    run.refresh_from_db()
    assert (run.job.state, run.job.host_id, run.job.attempts) == ("succeeded", "second", 2), run.job.error
    # It went on from what was stored, and from no other host's disk.
    assert run.summary["resumed_from_step"] >= steps_kept > 0
    spec = json.loads((second / str(run.job_id) / str(run.job.run_fence) / "spec.json").read_text())
    assert spec["resume_from"] is None
    assert str(first) not in json.dumps(spec)
    steps = [row["step"] for row in run_selectors.metrics(run) if "loss" in row]
    assert steps == sorted(set(steps)), "both hosts reported a step"
    assert (steps[-1], run.summary["steps"]) == (800, 800)

    told = JobEvent.objects.filter(job=run.job).count()
    database.mend()
    queue.mend()
    wait_for(lambda: Host.objects.filter(pk="first", seen_at__gt=run.job.finished_at).exists(), 120)
    assert JobEvent.objects.filter(job=run.job).count() == told
    assert state_of(run.job) == "succeeded"


def is_alive_there(mark: identity.ProcessMark) -> bool:
    return identity.started(mark.pid) == mark.pid_started
