"""Runs as trackers want them, from their rows and events. Names no text of any record."""

from __future__ import annotations

from typing import Any

from jobs.models import JobEvent
from training.models import TrainingRun
from training.tracking.figures import Tracked, figures_of, totals_of


def tracked(run: TrainingRun) -> Tracked:
    """A run with its figures; those of a later attempt count before an earlier one's."""
    events = JobEvent.objects.filter(job_id=run.job_id, kind="metric").order_by("fence", "seq")
    told = ((at.timestamp(), payload) for at, payload in events.values_list("ts", "payload"))
    return Tracked(
        key=str(run.pk),
        name=f"{run.task.slug} run {run.number}",
        parameters={name: _text(value) for name, value in _parameters(run).items()},
        figures=figures_of(told),
        totals=totals_of(run.summary),
    )


def _parameters(run: TrainingRun) -> dict[str, Any]:
    data = {
        "student": run.student.slug, "dataset_version": str(run.dataset_version), "preset": run.recipe_name,
        "device": run.device, "rows": run.estimate.get("rows"),
    }  # fmt: skip
    return {**data, **run.recipe}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
