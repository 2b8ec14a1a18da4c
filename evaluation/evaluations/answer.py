"""The answer that an evaluation's page begins with: the best system, the best baseline, and what costs least. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import METRICS, MetricDisplay
from evaluation.metrics.baselines import NEAREST

BASELINES: Final = frozenset({"baseline", "base"})
# How much worse something cheaper may be and still count as no worse, of the metric an evaluation is judged by. The same
# for every evaluation, so that nobody picks it after the figures are seen.
MARGIN: Final = 0.05


@dataclass(frozen=True)
class Standing:
    names: str
    cell: dict[str, Any]
    is_level: bool = False


@dataclass(frozen=True)
class Cheapest:
    """The cheapest system that is shown to be no worse than the miniature by more than the margin.

    Attributes:
        name: The system; the miniature itself where nothing cheaper is shown to be no worse.
        cost: What an output of it costs, as tables write it; None where it was not measured.
        difference: The miniature minus it; None for the miniature itself.
        margin: In points.
    """

    name: str
    cost: dict[str, Any] | None
    difference: dict[str, Any] | None
    margin: float = 100 * MARGIN


@dataclass(frozen=True)
class Answer:
    """Answer that the page gives first.

    Attributes:
        best: The system with the highest value of those that are no baseline; several where they are level.
        own: The miniature that is evaluated, where it is not the best.
        baseline: The best baseline, the bare base model among them; None where there is none.
        difference: The paired difference of the miniature, else of the best, and the best baseline with its verdict; None
            where it was not measured.
        cheapest: None where no verdict may be given, or nothing was compared.
    """

    metric: MetricDisplay
    best: Standing
    own: Standing | None
    baseline: Standing | None
    difference: dict[str, Any] | None
    cheapest: Cheapest | None


def of(summary: dict[str, Any], *, own: str = "") -> Answer | None:
    """The answer by the metric that the evaluation is judged by; None while nothing is scored.

    Args:
        own: The system that the evaluation is of.
    """
    metric, kinds = tables.headline_metric(summary), summary.get("kinds", {})
    cells = next((dict(zip(tables.systems(summary), row["cells"], strict=True)) for row in _rows(summary, metric)), {})
    means = {name: summary["systems"][name][metric.name]["mean"] for name, cell in cells.items() if cell}
    best = _highest({name: mean for name, mean in means.items() if kinds.get(name) not in BASELINES})
    if not best:
        return None
    baseline = _highest({name: mean for name, mean in means.items() if kinds.get(name) in BASELINES})
    subject = own if own in means else best[0]
    lines = tables.differences(summary, metric.name)
    return Answer(
        metric,
        Standing(_listed(best), cells[best[0]], len(best) > 1),
        None if subject in best else Standing(subject, cells[subject]),
        Standing(_listed(baseline), cells[baseline[0]], len(baseline) > 1) if baseline else None,
        next((line for line in lines if baseline and (line["of"], line["against"]) == (subject, baseline[0])), None),
        _cheapest(summary, metric, subject),
    )


def behind_baseline(summary: dict[str, Any], *, own: str) -> str:
    """Why a miniature looks of no use: nothing of it is right, or the nearest gold, which costs nothing, does better.

    Args:
        summary: The evaluation's; empty while nothing is measured.
        own: The system that the evaluation is of.

    Returns:
        A sentence; empty where neither is so.
    """
    metric, scored = tables.headline_metric(summary), summary.get("systems", {})
    mine, nearest = (scored.get(name, {}).get(metric.name) for name in (own, NEAREST))
    if mine is None or summary.get("is_exploratory"):
        return ""
    if nearest is not None and mine["mean"] < nearest["mean"]:
        cells = [tables.cell(value, metric) for value in (mine, nearest)]
        ours, theirs = (cell["value"] for cell in cells if cell)
        return (
            f"{metric.label}: {ours}. The {NEAREST}, which repeats what an expert let stand for the record most alike and costs "
            f"nothing, has {theirs}."
        )
    return "" if mine["mean"] else f"{metric.label}: 0 % of {mine['n']} outputs."


def _cheapest(summary: dict[str, Any], metric: MetricDisplay, own: str) -> Cheapest | None:
    """Choose the least money an output, then least time, among systems whose difference lies within the margin."""
    compared = _compared(summary, metric, own)
    if not compared or summary.get("is_exploratory"):
        return None
    no_worse = not_worse(summary, own)
    name = min([own, *no_worse], key=lambda system: _cost(summary, system))
    shown = next(each for each in METRICS if each.name == "cost_usd")
    lines = tables.differences(summary, metric.name)
    difference = next((line for line in lines if (line["of"], line["against"]) == (own, name)), None)
    return Cheapest(name, tables.cell(summary["systems"][name].get("cost_usd"), shown), difference)


def not_worse(summary: dict[str, Any], own: str) -> list[str]:
    """Systems that the interval of the difference puts within the margin of `own`, by the metric an evaluation is judged by."""
    if summary.get("is_exploratory"):
        return []
    fewest = tables.fewest_companies(summary)
    return [
        name
        for name, value in _compared(summary, tables.headline_metric(summary), own).items()
        if value["high"] is not None and value["high"] < MARGIN and (value.get("companies") or value["n"]) >= fewest
    ]


def _compared(summary: dict[str, Any], metric: MetricDisplay, own: str) -> dict[str, dict[str, Any]]:
    return {
        line["against"]: line["value"]
        for line in summary.get("differences", ())
        if line["metric"] == metric.name and line["of"] == own
    }


def _cost(summary: dict[str, Any], system: str) -> tuple[float, float]:
    measured = summary["systems"][system]
    money, seconds = (measured.get(name, {}).get("mean", float("inf")) for name in ("cost_usd", "seconds"))
    return money, seconds


def _rows(summary: dict[str, Any], metric: MetricDisplay) -> list[dict[str, Any]]:
    return [row for row in tables.rows(summary) if row["metric"].name == metric.name]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


def _highest(means: dict[str, float]) -> list[str]:
    return [name for name, mean in means.items() if mean == max(means.values())]
