"""The answer that an evaluation's page begins with: the best system, and how it stands against the best baseline. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import MetricDisplay

BASELINES = (("baseline",), ("base",))


@dataclass(frozen=True)
class Standing:
    """Systems that share one value of the metric, and that value as tables show it."""

    names: str
    cell: dict[str, Any]
    is_level: bool = False


@dataclass(frozen=True)
class Answer:
    """What the page says first.

    Attributes:
        best: The system with the highest value of those that are no baseline; several where they are level.
        baseline: The best baseline, or the base model where the evaluation has none; None where there is neither.
        difference: The paired difference between the two with its verdict; None where it was not measured.
    """

    metric: MetricDisplay
    best: Standing
    baseline: Standing | None
    difference: dict[str, Any] | None


def of(summary: dict[str, Any]) -> Answer | None:
    """The answer by the metric that the evaluation is judged by; None while nothing is scored."""
    metric, kinds = tables.headline_metrics(summary)[0], summary.get("kinds", {})
    cells = next((dict(zip(tables.systems(summary), row["cells"], strict=True)) for row in _rows(summary, metric)), {})
    means = {name: summary["systems"][name][metric.name]["mean"] for name, cell in cells.items() if cell}
    best = _highest({name: mean for name, mean in means.items() if kinds.get(name) != "baseline"})
    if not best:
        return None
    baseline: list[str] = []
    for wanted in BASELINES:
        baseline = baseline or _highest({name: mean for name, mean in means.items() if kinds.get(name) in wanted})
    if baseline and baseline[0] in best:
        baseline = []
    lines = tables.differences(summary, metric.name)
    return Answer(
        metric,
        Standing(" and ".join(best), cells[best[0]], len(best) > 1),
        Standing(" and ".join(baseline), cells[baseline[0]], len(baseline) > 1) if baseline else None,
        next((line for line in lines if baseline and (line["of"], line["against"]) == (best[0], baseline[0])), None),
    )


def _rows(summary: dict[str, Any], metric: MetricDisplay) -> list[dict[str, Any]]:
    return [row for row in tables.rows(summary) if row["metric"].name == metric.name]


def _highest(means: dict[str, float]) -> list[str]:
    return [name for name, mean in means.items() if mean == max(means.values())]
