"""Runs side by side: their costs, a figure laid over one another, and what each writes for the same prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from training import charts
from training.charts import Metrics
from training.models import TrainingRun
from training.selectors import runs as selectors
from training.selectors.run_cost import run_costs


def side_by_side(runs: Sequence[TrainingRun], metrics: Mapping[str, Metrics], chosen: str) -> dict[str, Any]:
    """What a page draws beside the losses.

    Args:
        runs: In the order of the columns.
        metrics: Of each run, by its name.
        chosen: The figure to lay over one another; one that is none gives the first.
    """
    key = chosen if chosen in charts.OVERLAYS else next(iter(charts.OVERLAYS))
    title, unit = charts.OVERLAYS[key]
    costs = run_costs(list(runs))
    return {
        "overlays": [(name, words) for name, (words, _) in charts.OVERLAYS.items()],
        "overlay_key": key,
        "overlay_title": title,
        "overlay": charts.overlay(metrics, key, unit),
        "costs": [costs[run.pk] for run in runs],
        "uses": [_middle(metrics[run.name], "mfu") for run in runs],
        "written": _written(runs),
    }


def _written(runs: Sequence[TrainingRun]) -> list[dict[str, Any]]:
    """For each prompt that several runs wrote for, the newest text of each; None where one wrote none."""
    texts: dict[str, dict[int, dict[str, Any]]] = {}
    for column, run in enumerate(runs):
        for sample in selectors.samples(run):
            texts.setdefault(sample["id"], {})[column] = sample["outputs"][0]
    return [
        {"prompt": prompt, "outputs": [by_run.get(column) for column in range(len(runs))]}
        for prompt, by_run in texts.items()
        if len(by_run) > 1
    ]


def _middle(metrics: Metrics, key: str) -> float | None:
    found = [row[key] for row in metrics if isinstance(row.get(key), int | float)]
    return median(found) if found else None
