"""An analysis as lines for a terminal and as plain data for JSON: verdict first, then numbers, then method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from enum import Enum
from typing import Any

from stats.experiments import linear
from stats.experiments.analysis_types import Analysis, ArmSummary, Comparison
from stats.experiments.linear import LinearMean
from stats.experiments.number_wording import MINUS
from stats.experiments.outcome_tables import OutcomeTable
from stats.intervals.effects import Effect, Interval


def as_lines(analysis: Analysis) -> Iterator[str]:
    for warning in analysis.warnings:
        yield f"Take care: {warning}"
    for comparison in analysis.comparisons:
        yield comparison.verdict.sentence + "."
        if comparison.verdict.remark:
            yield "  " + comparison.verdict.remark
    yield ""
    yield from _arms(analysis)
    yield ""
    for comparison in analysis.comparisons:
        yield from _comparison(comparison, analysis)
    ratio = analysis.sample_ratio
    drawn = "clusters" if analysis.is_clustered else "units"
    yield f"sample ratio ({drawn}): chi-square {ratio.chi2:.6g}, df {ratio.df}, p {_p(ratio.p_value)}"
    yield ""
    for method in analysis.methods:
        yield f"method: {method.name} ({method.source})"


def as_data(analysis: Analysis) -> dict[str, Any]:
    """The analysis as JSON can hold it: infinite bounds are null, names of enumerations are their values."""
    data = _plain(asdict(analysis))
    data["sample_ratio"]["is_alarm"] = analysis.sample_ratio.is_alarm
    data["sample_ratio"]["is_alarm_when_watched"] = analysis.sample_ratio.is_alarm_when_watched
    return dict(data)


def linear_data(table: OutcomeTable, control: str, *, level: float) -> dict[str, Any]:
    """Effects of a table with a denominator or a covariate, beside the verdict, which rests on the plain metric.

    Raises:
        ValueError: A ratio or an adjustment cannot be reckoned.
    """
    data: dict[str, Any] = {"ratio": _effects(table.ratios, control, level)}
    if table.covariates:
        adjustment = linear.adjust(table.ratios, table.covariates)
        data["adjusted"] = {
            "theta": adjustment.theta,
            "variance_share": adjustment.variance_share,
            "comparisons": _effects(adjustment.arms, control, level),
        }
    return dict(_plain(data))


def _effects(arms: Mapping[str, LinearMean], control: str, level: float) -> list[dict[str, Any]]:
    return [
        {"arm": name, "effect": asdict(linear.difference(arms[control], arm, level=level))}
        for name, arm in arms.items()
        if name != control
    ]


def linear_lines(data: dict[str, Any]) -> Iterator[str]:
    """The same for a reader; nothing where a table has neither."""
    parts = {"ratio": data.get("ratio", ()), "adjusted": data.get("adjusted", {}).get("comparisons", ())}
    for name, comparisons in parts.items():
        for each in comparisons:
            effect = each["effect"]
            ends = " to ".join(_number(effect["interval"][end]) for end in ("low", "high"))
            numbers = f"{_number(effect['estimate'], signed=True)}, SE {effect['se']:.6g}, {ends}"
            yield f"{name}, {each['arm']}: {numbers}, p {_p(effect['p_value'])} ({effect['method']['name']})"
    if adjusted := data.get("adjusted"):
        yield f"  the covariate leaves {adjusted['variance_share']:.1%} of the variance; theta {adjusted['theta']:.6g}"


def _arms(analysis: Analysis) -> Iterator[str]:
    width = max(len(arm.name) for arm in analysis.arms)
    yield f"{'arm':<{width}}  {'units':>9}  {'clusters':>9}  {'mean':>12}  interval"
    yield from (_arm(arm, width) for arm in analysis.arms)


def _arm(arm: ArmSummary, width: int) -> str:
    shown = "nothing varies" if arm.interval is None else _interval(arm.interval)
    return f"{arm.name:<{width}}  {arm.n:>9,}  {arm.clusters:>9,}  {_number(arm.mean):>12}  {shown}"


def _comparison(comparison: Comparison, analysis: Analysis) -> Iterator[str]:
    yield f"{comparison.arm} {MINUS} {analysis.control}: {_effect(comparison.effect)}"
    if comparison.watched is not None:
        yield f"  at every look: {_interval(comparison.watched.interval)}, p {_p(comparison.watched.p_value)}"
    if comparison.relative is not None:
        yield f"  relative: {_effect(comparison.relative)}"
    if len(analysis.comparisons) > 1:
        yield f"  adjusted for {len(analysis.comparisons)} comparisons (Holm): p {_p(comparison.adjusted_p)}"
    if comparison.p_margin is not None:
        yield f"  against the margin, one-sided: p {_p(comparison.p_margin)}"


def _effect(effect: Effect) -> str:
    se = "" if effect.se is None else f", SE {effect.se:.6g}"
    return f"{_number(effect.estimate, signed=True)}{se}, {_interval(effect.interval)}, p {_p(effect.p_value)}"


def _interval(interval: Interval) -> str:
    return f"{interval.level * 100:.4g} % {_number(interval.low)} to {_number(interval.high)}"


def _number(value: float, *, signed: bool = False) -> str:
    return f"{value:{'+' if signed else ''}.6g}".replace("-", MINUS)


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _plain(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
