"""Speed of systems: throughput of batches written here, seconds of a call that was made elsewhere. Pure Python.

A local output's seconds are its share of its batch's time: they tell how many come in an hour, and not how long one
takes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from evaluation.models import Evaluation
from evaluation.states import SystemKind
from review.models import Task
from training.models import TrainingRun

SECONDS = "seconds"
LOCAL = ("baseline", "base", "lora", "full")
CALLED = ("teacher",)
SECONDS_PER_HOUR = 3600
TUNED = (SystemKind.LORA, SystemKind.FULL)
# Evaluations looked through for one that ran on a GPU.
LOOKED_AT = 20
# Name, label, explanation, unit and digits of a row, as `tables.MetricDisplay` takes them.
Row = tuple[tuple[str, str, str, str, int], dict[str, dict[str, Any]]]


def throughput(seconds: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Outputs a second from the mean seconds of an output in its batch; None where none took any time."""
    if not seconds or seconds["mean"] <= 0:
        return None
    low, high = seconds["low"], seconds["high"]
    ends = (None, None) if low is None or low <= 0 else (1 / high, 1 / low)
    return {**seconds, "mean": 1 / seconds["mean"], "low": ends[0], "high": ends[1]}


def rows(summary: dict[str, Any]) -> list[Row]:
    """A row of throughput and one of seconds a call, each with the systems that it is of."""
    kinds, scored = summary.get("kinds", {}), summary.get("systems", {})
    seconds = {name: result[SECONDS] for name, result in scored.items() if result.get(SECONDS)}
    batch = f", up to {summary['batch_size']} at once" if summary.get("batch_size") else ", many at once"
    about = f"Throughput on this host{batch}. One output alone takes longer than its share; that is not measured here."
    rates = {name: throughput(value) for name, value in seconds.items() if kinds.get(name) in LOCAL}
    calls = {name: value for name, value in seconds.items() if kinds.get(name) in CALLED and value["mean"] > 0}
    return [
        (("throughput", "Outputs a second", about, "", 2), {name: rate for name, rate in rates.items() if rate}),
        (("call_seconds", "Seconds a call", "Mean time from the question to the whole answer.", SECONDS, 2), calls),
    ]


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
            rate = throughput(result.get(SECONDS))
            if rate and kinds.get(name) in TUNED and written_here.get(name) == "cuda":
                return MeasuredCapacity(rate["mean"] * SECONDS_PER_HOUR, name, evaluation.created_at)
    return None
