"""Tuning on hosts B and C while faults happen: each run ends with the very files of a run that nothing disturbed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.drill import faults, following, network
from benchmarks.drill.product import STUDENTS, Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

if TYPE_CHECKING:
    from jobs.models import Job
    from training.models import Student, TrainingRun

# Which of two layouts is faster is timed, and decides how sums are rounded: one is chosen for all runs.
RECIPE = {"epochs": 20, "batch_size": 1, "learning_rate": 5e-3, "rank": 4, "max_length": 1024, "packing": "off",
          "checkpoint_every_steps": 40, "eval_every_steps": 160, "sample_every_steps": 10_000}  # fmt: skip
ENDS_WITHIN_S = 300

# Makes a fault on the host that holds a job, and returns what makes that host whole again.
Fault = Callable[[Product, str, "Job"], Callable[[], None]]


def kill_host(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Kill all processes of the host, which stays dead until the run has ended elsewhere."""
    product.kill_host(host)
    return lambda: product.start_worker(host)


def cut_link(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Cut the host off until the run has ended elsewhere."""
    network.cut(host)
    return lambda: network.mend(host)


def kill_engine(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Kill the engine alone."""
    assert job.pid
    os.killpg(job.pid, signal.SIGKILL)
    return lambda: None


def kill_worker(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Kill the worker alone and start it again; the engine continues."""
    product.kill_worker(host)
    product.start_worker(host)
    return lambda: None


def fill_disk(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Fill the host's disk to the last byte for a while."""
    faults.fill_disk(product, host)
    return lambda: None


def restart_database(product: Product, host: str, job: Job) -> Callable[[], None]:
    """End PostgreSQL without a checkpoint, and start it again."""
    faults.restart_database(product)
    return lambda: None


def flush_queue(product: Product, host: str, job: Job) -> Callable[[], None]:
    """Make Redis forget everything."""
    faults.flush_queue(product)
    return lambda: None


FAULTS: tuple[Fault, ...] = (
    kill_host, cut_link, kill_engine, kill_worker, fill_disk, restart_database, flush_queue,
)  # fmt: skip


class TuningDrill:
    """Runs of one recipe and seed on one frozen version, the first of them undisturbed."""

    def __init__(self, product: Product) -> None:
        from members.models import Member
        from tests.review import factories
        from tests.training.conftest import freeze

        self.product, self.faults = product, FAULTS
        self.admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        # Before there is a worker: it would freeze the version too.
        self.version = freeze(factories.make_task(by=self.admin), self.admin, train=16, validation=2, test=1)
        self.student = make_student(self.admin)
        for host in ("a", "b", "c"):
            product.start_worker(host)
        undisturbed, counts = self.launch(), Counts()
        if not self.follow(undisturbed, counts, step=0, began=time.monotonic()):
            raise RuntimeError("The run that nothing disturbed did not end well.")
        self.expected = files_of(undisturbed)
        self.steps = {step for _, step in reported_steps(undisturbed)}
        print(f"The undisturbed run took {len(self.steps)} steps.", flush=True)

    def round(self, number: int) -> Counts:
        """Launch a run, make a fault on its host once a checkpoint is stored,
        and hold its files against the first's.
        """
        run = self.launch()
        stored = run.checkpoints.exclude(stored=[])
        wait_for(stored.exists, "the first checkpoint in storage", ENDS_WITHIN_S)
        run.job.refresh_from_db()
        host, step, began = run.job.host_id.removeprefix("drill-"), newest_step(run), time.monotonic()
        fault = self.faults[number % len(self.faults)]
        print(f"{fault.__name__} on {host} after step {step}", flush=True)
        make_whole = fault(self.product, host, run.job)
        counts = Counts(rounds=1)
        try:
            counts.stuck = int(not self.follow(run, counts, step=step, began=began))
        finally:
            make_whole()
        return self.counted(run, counts)

    def counted(self, run: TrainingRun, counts: Counts) -> Counts:
        """Count the steps on record against the undisturbed run's, and compare the files."""
        reported = reported_steps(run)
        steps, fences = {step for _, step in reported}, [fence for fence, _ in reported]
        from_step = run.summary.get("resumed_from_step")
        print(f"Ended on {run.job.host_id} after {run.job.attempts} attempts, from step {from_step}", flush=True)
        counts.acknowledged = len(steps)
        if not counts.stuck:
            counts.lost = len(self.steps - steps)
            differing = {name for name, _ in files_of(run).items() ^ self.expected.items()}
            counts.wrong = int(bool(differing))
            print(f"Other files than undisturbed: {sorted(differing) or 'none'}", flush=True)
        # Told twice by one attempt, or by one whose work another had taken over.
        counts.doubled = len(reported) - len(set(reported)) + sum(b < a for a, b in pairwise(fences))
        return counts

    def launch(self) -> TrainingRun:
        from training.runs import launch_run
        from training.runs.run_request import RunRequest

        request = RunRequest(dataset_version=self.version, student=self.student)
        return launch_run.launch(request, recipe="demo", by=self.admin, overrides=RECIPE)

    def follow(self, run: TrainingRun, counts: Counts, *, step: int, began: float) -> bool:
        """Watch a run to its end; returns whether it succeeded in time."""
        succeeded = following.follow(
            run.job,
            counts,
            by=self.admin,
            has_moved=lambda: newest_step(run) > step,
            began=began,
            within_s=ENDS_WITHIN_S,
        )
        run.refresh_from_db()
        return succeeded


def make_student(admin: object) -> Student:
    """A model of a hundred thousand parameters, in a folder that each host finds under the same name."""
    from tests.training.engine.conftest import make_model, make_tokenizer
    from training.students import registration

    folder, tokenizer = STUDENTS / "tiny-llama", make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 2048
    model.save_pretrained(folder)
    return registration.register_folder(path=str(folder), by=admin)


def newest_step(run: TrainingRun) -> int:
    """The step of a run's newest checkpoint on record."""
    newest = run.checkpoints.order_by("-step").first()
    return newest.step if newest else 0


def reported_steps(run: TrainingRun) -> list[tuple[int, int]]:
    """The steps a run's engines reported, each with its attempt's fence, as they were taken in."""
    told = run.job.events.filter(kind="metric", payload__has_key="loss").order_by("seq")
    return [(fence, payload["step"]) for fence, payload in told.values_list("fence", "payload")]


def files_of(run: TrainingRun) -> dict[str, str]:
    """The hash of each file of a run's miniature."""
    return {file["path"]: file["sha256"] for file in run.miniature.files}
