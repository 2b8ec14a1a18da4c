"""The answer that an evaluation's page begins with: the miniature beside its teacher, then the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evaluation.evaluations import tables
from evaluation.evaluations.costs import OutputCost
from evaluation.evaluations.metric_display import METRICS, MetricDisplay
from evaluation.metrics.baselines import MAJORITY, NEAREST
from evaluation.states import SystemKind
from web.templatetags.figures import fixed

BASELINES: Final = frozenset({"baseline", "base"})
# How much worse something cheaper may be and still count as no worse, of the metric an evaluation is judged by. The
# same for every evaluation, so that nobody picks it after the figures are seen.
MARGIN: Final = 0.05
_VERBS: Final = {"passes_all": "passes all checks in", "exact": "is right in"}
_PLAIN_NAMES: Final = {NEAREST: "Copy of the most similar approved text", MAJORITY: "Most frequent answer"}


@dataclass(frozen=True)
class SystemRow:
    """One system of the comparison.

    Attributes:
        label: Its plain name, see `labels`.
        share: Mean of the metric, 0 to 1; `low` and `high` are its interval's ends, None where it has none.
        quality: Cell of the metric that the evaluation is judged by.
        seconds: Cell of seconds an output; None where it was not measured.
        cost: Cost of 1,000 outputs; None where no price is known.
    """

    name: str
    label: str
    share: float
    low: float | None
    high: float | None
    quality: dict[str, Any]
    seconds: dict[str, Any] | None
    cost: OutputCost | None


@dataclass(frozen=True)
class Cheapest:
    """The cheapest system that is shown to be no worse than the miniature by more than the margin.

    Attributes:
        row: The miniature itself where nothing cheaper is shown to be no worse.
        is_own: Whether it is the miniature itself.
        margin: In points.
    """

    row: SystemRow
    is_own: bool
    margin: float = 100 * MARGIN


@dataclass(frozen=True)
class Answer:
    """Answer that the page gives first.

    Attributes:
        verb: Words between a system and its share, such as *passes all checks in*.
        own: The miniature that is evaluated; None where it was not scored.
        teachers: Teachers, the best first.
        others: Other miniatures of the same records, the best first.
        baselines: Baselines and the bare base, the best first.
        difference: The paired difference of the miniature and the best teacher, with its verdict and a sentence; None
            where there is none.
        cheapest: None where no verdict may be given, or nothing was compared.
    """

    metric: MetricDisplay
    verb: str
    own: SystemRow | None
    teachers: list[SystemRow]
    others: list[SystemRow]
    baselines: list[SystemRow]
    difference: dict[str, Any] | None
    cheapest: Cheapest | None

    @property
    def records(self) -> int:
        """Records behind the first share that it tells: those with an approved answer, where the metric needs one."""
        first = next(row for row in (self.own, *self.teachers, *self.others, *self.baselines) if row)
        return int(first.quality["n"])


def of(
    summary: dict[str, Any], *, own_system: str = "", costs: Mapping[str, OutputCost] | None = None
) -> Answer | None:
    """The answer by the metric that the evaluation is judged by; None while nothing is scored.

    Args:
        own_system: The system that the evaluation is of.
        costs: Costs by system, see `costs.of`.
    """
    costs = costs or {}
    metric, kinds = tables.headline_metric(summary), summary.get("kinds", {})
    rows = _rows(summary, metric, own_system, costs)
    if not rows:
        return None
    mine = rows.pop(own_system, None)
    teachers = [row for name, row in rows.items() if kinds.get(name) == SystemKind.TEACHER]
    difference = None
    if mine and teachers:
        lines = tables.differences(summary, metric.name)
        pair = (own_system, teachers[0].name)
        line = next((line for line in lines if (line["of"], line["against"]) == pair), None)
        difference = line and {**line, "sentence": _sentence(line["value"], line["verdict"])}
    return Answer(
        metric,
        _VERBS[metric.name],
        mine,
        teachers,
        [row for name, row in rows.items() if kinds.get(name) not in (SystemKind.TEACHER, *BASELINES)],
        [row for name, row in rows.items() if kinds.get(name) in BASELINES],
        difference,
        _cheapest(summary, metric, own_system, costs),
    )


def _sentence(value: Mapping[str, Any], verdict: str) -> str:
    """Say how much better or worse the miniature is, and whether that may be chance; more of the metric is better."""
    mean, low, high = (None if value[end] is None else fixed(100 * value[end], 1) for end in ("mean", "low", "high"))
    is_shown, is_none = verdict in ("higher", "lower"), mean == "0.0"
    size = "under 0.1" if is_none else fixed(abs(100 * value["mean"]), 1)
    way = "better" if value["mean"] > 0 else "worse"
    sentence = "Neither is better" if is_none and not is_shown else f"Your miniature is {size} points {way}"
    if verdict == tables.MAY_BE_CHANCE:
        chance = "" if is_none else ", so this may be chance"
        return f"{sentence}; the interval {low} to {high} includes zero{chance}."
    interval = "" if low is None else f" ({low} to {high})"
    return f"{sentence}{interval}." if is_shown else f"{sentence}{interval}: {verdict}."


def labels(summary: dict[str, Any], *, own_system: str = "") -> dict[str, str]:
    """Plain names of an evaluation's systems, by the names they are stored under."""
    kinds = summary.get("kinds", {})
    return {name: _label(name, kinds.get(name, ""), own_system) for name in tables.systems(summary)}


def _label(name: str, kind: str, own_system: str) -> str:
    if name == own_system:
        return "Your miniature"
    if name in _PLAIN_NAMES:
        return _PLAIN_NAMES[name]
    if kind in BASELINES and name.endswith(")"):
        student, _, how = name[:-1].rpartition(" (")
        return f"{student} before tuning" + ("" if how == "base" else f", {how}")
    return name


def _rows(
    summary: dict[str, Any], metric: MetricDisplay, own_system: str, costs: Mapping[str, OutputCost]
) -> dict[str, SystemRow]:
    """Rows of the systems that were scored, the best first."""
    scored, plain = summary.get("systems", {}), labels(summary, own_system=own_system)
    means = {name: scored[name][metric.name]["mean"] for name in plain if scored[name].get(metric.name)}
    return {
        name: _row(summary, metric, name, plain[name], costs) for name in sorted(means, key=lambda each: -means[each])
    }


def _row(
    summary: dict[str, Any], metric: MetricDisplay, name: str, label: str, costs: Mapping[str, OutputCost]
) -> SystemRow:
    measured = summary["systems"][name]
    quality = tables.cell(measured[metric.name], metric)
    assert quality is not None
    seconds = next(each for each in METRICS if each.name == "seconds")
    value = measured[metric.name]
    low, high = tables.ends(value, is_share=True)
    return SystemRow(
        name,
        label,
        value["mean"],
        low,
        high,
        quality,
        tables.cell(measured.get("seconds"), seconds),
        costs.get(name),
    )


def behind_baseline(summary: dict[str, Any], *, own_system: str) -> str:
    """Reason why a miniature looks of no use: nothing of it is right, or a copy of the nearest gold does better.

    Args:
        summary: The evaluation's; empty while nothing is measured.
        own_system: The system that the evaluation is of.

    Returns:
        A sentence; empty where neither is so.
    """
    metric, scored = tables.headline_metric(summary), summary.get("systems", {})
    mine, nearest = (scored.get(name, {}).get(metric.name) for name in (own_system, NEAREST))
    if mine is None or summary.get("is_exploratory"):
        return ""
    if nearest is not None and mine["mean"] < nearest["mean"]:
        cells = [tables.cell(value, metric) for value in (mine, nearest)]
        ours, theirs = (cell["value"] for cell in cells if cell)
        return (
            f"{metric.label}: {ours}. A copy of the approved text for the most similar record costs nothing and "
            f"reaches {theirs}."
        )
    return "" if mine["mean"] else f"{metric.label}: 0 % of {mine['n']} outputs."


def _cheapest(
    summary: dict[str, Any], metric: MetricDisplay, own_system: str, costs: Mapping[str, OutputCost]
) -> Cheapest | None:
    """Choose the lowest cost, then the least time, among systems whose difference lies within the margin."""
    compared = _compared(summary, metric, own_system)
    if not compared or summary.get("is_exploratory"):
        return None
    name = min([own_system, *not_worse(summary, own_system)], key=lambda system: _cost(summary, system, costs))
    return Cheapest(
        _row(summary, metric, name, labels(summary, own_system=own_system)[name], costs), name == own_system
    )


def not_worse(summary: dict[str, Any], own_system: str) -> list[str]:
    """Systems that the interval of the difference puts within the margin of `own_system`.

    The metric is the one that an evaluation is judged by.
    """
    if summary.get("is_exploratory"):
        return []
    fewest = tables.fewest_companies(summary)
    return [
        name
        for name, value in _compared(summary, tables.headline_metric(summary), own_system).items()
        if value["high"] is not None and value["high"] < MARGIN and (value.get("companies") or value["n"]) >= fewest
    ]


def _compared(summary: dict[str, Any], metric: MetricDisplay, own_system: str) -> dict[str, dict[str, Any]]:
    return {
        line["against"]: line["value"]
        for line in summary.get("differences", ())
        if line["metric"] == metric.name and line["of"] == own_system
    }


def _cost(summary: dict[str, Any], system: str, costs: Mapping[str, OutputCost]) -> tuple[float, float]:
    cost = costs.get(system)
    seconds: float = summary["systems"][system].get("seconds", {}).get("mean", float("inf"))
    return (cost.usd if cost else float("inf")), seconds
