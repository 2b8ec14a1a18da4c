"""Capacity of a GPU: how much it writes for a task in an hour, as its newest evaluation measured it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from evaluation.evaluations import speeds
from evaluation.models import Evaluation
from evaluation.states import SystemKind
from review.models import Task
from training.models import TrainingRun

SECONDS_PER_HOUR = 3600
TUNED = (SystemKind.LORA, SystemKind.FULL)
# Evaluations looked through for one that ran on a GPU.
LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class MeasuredCapacity:
    """Outputs that one GPU writes an hour with its batch full, and which evaluation measured it."""

    outputs_per_hour: float
    system: str
    measured_at: datetime


def of_gpu(task: Task) -> MeasuredCapacity | None:
    """Return what a tuned student wrote on a GPU; None where no evaluation of the task had one, or said so.

    What a processor without a GPU writes says nothing of one, so it is left out.
    """
    return _newest(Evaluation.objects.filter(task=task, suite=None))


def of_run(run: TrainingRun) -> MeasuredCapacity | None:
    """Return what this run's student wrote on a GPU; None where no evaluation of it had one."""
    return _newest(Evaluation.objects.filter(run=run, suite=None))


def _newest(evaluations: QuerySet[Evaluation]) -> MeasuredCapacity | None:
    for evaluation in evaluations.exclude(summary={}).order_by("-created_at", "-id")[:LOOKED_AT]:
        summary = evaluation.summary
        kinds, written_here = summary.get("kinds", {}), summary.get("devices", {})
        for name, result in summary.get("systems", {}).items():
            rate = speeds.throughput(result.get(speeds.SECONDS))
            if rate and kinds.get(name) in TUNED and written_here.get(name) == "cuda":
                return MeasuredCapacity(rate["mean"] * SECONDS_PER_HOUR, name, evaluation.created_at)
    return None
