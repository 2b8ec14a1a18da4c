"""Health of the runs of cells: steps whose loss leapt, skipped steps, rows left out. Shown, never judged."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final
from uuid import UUID

from evaluation.models import Measurement
from training.runs import queries as runs

# A loss this many times the median of the points before it is a spike; fewer points than that tell nothing.
SPIKE: Final = 1.5
POINTS_BEFORE: Final = 20
FEWEST_BEFORE: Final = 5


def spikes(losses: Sequence[float]) -> int:
    """Return how many points of a run's curve leap above those before them."""
    return sum(
        loss > SPIKE * median(losses[max(0, place - POINTS_BEFORE) : place])
        for place, loss in enumerate(losses)
        if place >= FEWEST_BEFORE
    )


def of_measurements(measurements: Sequence[Measurement]) -> dict[UUID, dict[str, Any]]:
    """`spikes`, `skipped_steps` and `rows_left_out` of each measurement whose run is here; one measured elsewhere has none."""
    run_by_measurement = {each.pk: each.run for each in measurements if each.run is not None}
    metrics = runs.metrics_of_jobs([run.job_id for run in run_by_measurement.values()])
    return {
        pk: {**_of_curve(metrics.get(run.job_id, [])), "rows_left_out": run.summary.get("rows_left_out")}
        for pk, run in run_by_measurement.items()
    }


def _of_curve(points: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    losses = [float(point["loss"]) for point in points if point.get("loss") is not None]
    # Only fp16 skips steps; the newest point has the sum.
    skipped = [int(point["skipped_steps"]) for point in points if "skipped_steps" in point]
    return {
        "spikes": spikes(losses) if losses else None,
        "skipped_steps": skipped[-1] if skipped else 0 if losses else None,
    }
