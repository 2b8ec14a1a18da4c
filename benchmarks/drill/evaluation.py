"""An evaluation on host B or C while faults happen: it ends with the very outputs of one that nothing disturbed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.drill import clock, following
from benchmarks.drill.product import Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for
from benchmarks.drill.tuning import FAULTS, RECIPE, make_student

if TYPE_CHECKING:
    from evaluation.models import Evaluation
    from jobs.models import Job

RECORDS = 120
ENDS_WITHIN_S = 300
# What the machine's pace decides; all else of an output is to be the same.
TIMED = ("id", "evaluation_id", "seconds", "cost_usd")


class EvaluationDrill:
    """Evaluations of one run on one set of records, the first of them undisturbed."""

    def __init__(self, product: Product) -> None:
        from members.models import Member
        from tests.review import factories
        from tests.training.conftest import freeze
        from training.runs import launch_run
        from training.runs.run_request import RunRequest

        self.product, self.faults = product, FAULTS
        self.admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        # Before there is a worker: it would freeze the version too.
        version = freeze(factories.make_task(by=self.admin), self.admin, train=16, validation=RECORDS, test=1)
        student = make_student(self.admin)
        clock.fake_clocks(product, "a", "b", "c")
        for host in ("a", "b", "c"):
            product.start_worker(host)
        request = RunRequest(dataset_version=version, student=student)
        self.run = launch_run.launch(request, recipe="demo", by=self.admin, overrides=RECIPE | {"epochs": 2})
        self.require_end(self.run.job)
        undisturbed = self.launch()
        self.require_end(undisturbed.job)
        self.expected = outputs_of(undisturbed)
        print(f"The undisturbed evaluation has {len(self.expected)} outputs.", flush=True)

    def round(self, number: int) -> Counts:
        """Launch an evaluation, make a fault on its host once it writes, and hold its outputs against the first's."""
        evaluation = self.launch()
        job = evaluation.job
        assert job is not None

        def is_writing() -> bool:
            job.refresh_from_db()
            return bool(job.progress.get("done"))

        wait_for(is_writing, "the first output", ENDS_WITHIN_S)
        host, began, counts = job.host_id.removeprefix("drill-"), time.monotonic(), Counts(rounds=1)
        fault = self.faults[number % len(self.faults)]
        print(f"{fault.__name__} on {host} after {job.progress['done']} outputs", flush=True)
        make_whole = fault(self.product, host, job)
        try:
            counts.stuck = int(not self.follow(job, counts, began=began))
        finally:
            make_whole()
        print(f"Ended on {job.host_id} after {job.attempts} attempts", flush=True)
        return self.counted(evaluation, counts)

    def counted(self, evaluation: Evaluation, counts: Counts) -> Counts:
        """Count the outputs on record against the undisturbed evaluation's, and compare each."""
        outputs = outputs_of(evaluation)
        counts.acknowledged = len(outputs)
        counts.doubled = evaluation.outputs.count() - len(outputs)
        counts.lost = len(self.expected.keys() - outputs.keys())
        counts.wrong = sum(outputs[key] != self.expected.get(key) for key in outputs)
        return counts

    def launch(self) -> Evaluation:
        from evaluation.evaluations import start_evaluation

        return start_evaluation.start(self.run, by=self.admin, baselines=[])

    def follow(self, job: Job, counts: Counts, *, began: float) -> bool:
        """Watch a job to its end; returns whether it succeeded in time."""
        has_ended = lambda: job.state == "succeeded"  # noqa: E731
        return following.follow(job, counts, by=self.admin, has_moved=has_ended, began=began, within_s=ENDS_WITHIN_S)

    def require_end(self, job: Job | None) -> None:
        """Wait for work that nothing disturbs.

        Raises:
            RuntimeError: It did not end well.
        """
        if job is None or not self.follow(job, Counts(), began=time.monotonic()):
            raise RuntimeError("Work that nothing disturbed did not end well.")


def outputs_of(evaluation: Evaluation) -> dict[tuple[str, str], dict[str, object]]:
    """The outputs of an evaluation by system and record, without what the machine's pace decides."""
    rows = evaluation.outputs.values()
    return {
        (row["system"], str(row["record_id"])): {name: value for name, value in row.items() if name not in TIMED}
        for row in rows
    }
