"""Sweeps carried without engines: the looks are real, runs end as an engine would have ended them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.lifecycle import consumers
from jobs.models import Job, JobEvent
from jobs.supervisor import run_job
from tests.training.miniatures import conclude
from training.models import Sweep, TrainingRun
from training.sweeps.grid import SweepAxes, SweepBudget, SweepRequest


def order(
    hours: float | None = 10.0, usd: float | None = None, recipe: str = "demo", at_once: int = 1, **axes: Any
) -> SweepRequest:
    wishes = SweepAxes(**{"learning_rate": (1e-3, 1e-2), "epochs": (1, 2), **axes})
    return SweepRequest(recipe=recipe, wishes=wishes, budget=SweepBudget(hours, usd), at_once=at_once)


def look(sweep: Sweep, worker: str = "worker-1") -> Job:
    """One ring for the sweep's job."""
    run_job(sweep.job_id, worker=worker)
    return Job.objects.get(pk=sweep.job_id)


def hold(run: TrainingRun, seconds: float, *, host: str = "gpu-1", state: str = "running") -> None:
    """The run has been at work for so long."""
    hold_job(run.job_id, seconds, host=host, state=state)


def hold_job(job_id: UUID, seconds: float, *, host: str, state: str = "running") -> None:
    """The job has been held by a host for so long."""
    job = Job.objects.get(pk=job_id)
    began = timezone.now() - timedelta(seconds=seconds)
    job.last_seq += 1
    Job.objects.filter(pk=job.pk).update(state=state, last_seq=job.last_seq, started_at=began, host_id=host)
    JobEvent.objects.create(
        job=job, seq=job.last_seq, fence=1, ts=began, kind="state", payload={"state": "running", "host": host}
    )


def end(job: Job, state: str = "succeeded", **values: Any) -> None:
    """A job ends, and whoever waits for it hears so."""
    job = Job.objects.get(pk=job.pk)
    job.last_seq += 1
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now(), last_seq=job.last_seq, **values)
    JobEvent.objects.create(
        job=job, seq=job.last_seq, fence=1, ts=timezone.now(), kind="state", payload={"state": state}
    )
    consumers.call(job.pk, job.kind)


def train(run: TrainingRun, folder: Path, *, loss: float = 0.6, seconds: float = 30.0) -> None:
    """The run works for so long and ends well."""
    hold(run, seconds)
    conclude(run, folder / str(run.pk))
    TrainingRun.objects.filter(pk=run.pk).update(summary={**run.summary, "validation_loss": loss})
    end(run.job)


def runs_of(sweep: Sweep) -> list[TrainingRun]:
    """Its runs that are in the queue or at work, by number."""
    found = TrainingRun.objects.filter(sweep_cells__sweep=sweep).select_related("job").order_by("number")
    return [run for run in found if run.job.state in ("queued", "waiting", "running")]


def finish_all(sweep: Sweep, folder: Path, loss: Callable[[TrainingRun], float] = lambda run: 0.6, **how: Any) -> Job:
    """Carry a sweep to its end."""
    for _ in range(3 * sweep.cells.count()):
        if (job := look(sweep)).state == "succeeded":
            return job
        for run in runs_of(sweep):
            train(run, folder, loss=loss(run), **how)
    raise AssertionError(f"the sweep is still {job.state}: {job.waiting_reason}")
