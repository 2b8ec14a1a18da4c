"""Read a run with its figures for a tracker."""

from __future__ import annotations

from typing import Any

from jobs.models import JobEvent
from training.models import TrainingRun
from training.tracking.figures import TrackedRun, figures_of, totals_of


def run_to_track(run: TrainingRun) -> TrackedRun:
    """A run with its figures; those of a later attempt count before an earlier one's."""
    events = JobEvent.objects.filter(job_id=run.job_id, kind="metric").order_by("fence", "seq")
    timed_payloads = ((at.timestamp(), payload) for at, payload in events.values_list("ts", "payload"))
    return TrackedRun(
        key=str(run.pk),
        name=f"{run.task.slug} run {run.number}",
        parameters={name: "" if value is None else str(value) for name, value in _parameters(run).items()},
        figures=figures_of(timed_payloads),
        totals=totals_of(run.summary),
    )


def _parameters(run: TrainingRun) -> dict[str, Any]:
    data = {
        "student": run.student.slug,
        "dataset_version": str(run.dataset_version),
        "preset": run.recipe_name,
        "device": run.device,
        "rows": run.estimate.get("rows"),
    }
    return {**data, **run.recipe}
