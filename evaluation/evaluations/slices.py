"""Scores of one system by slice of an evaluation's records, and where it loses most. Pure Python.

Every slice has its interval at 1 - a / m for m slices, where 1 - a is the level of the evaluation (Bonferroni; Dunn
1961, JASA 56(293)). Slices are ranked by what they may be at best, so that a handful of bad records does not stand
first by chance. A slice is called worse only where its interval lies wholly beyond that of the other records, and never
by a look that gives no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evaluation.engine import report
from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import MetricDisplay
from evaluation.suites.slicing import Slices
from stats.intervals import shares

WORSE: Final = "worse than the rest"


@dataclass(frozen=True)
class ScoredSlice:
    """One slice.

    Attributes:
        cell: Value, interval and count as tables write them.
        best: What it may be at best, turned so that less is worse; what slices are ranked by.
    """

    column: str
    value: str
    cell: dict[str, Any]
    best: float
    verdict: str

    @property
    def is_worse(self) -> bool:
        return self.verdict == WORSE


def scored(
    slices: Slices,
    scores: Mapping[str, float],
    companies: Mapping[str, str],
    metric: MetricDisplay,
    *,
    summary: dict[str, Any],
    more_is_better: bool,
) -> list[ScoredSlice]:
    """Slices of which something was scored, the one that loses most first.

    Args:
        slices: Records by column and value.
        scores: The system's score by record.
        companies: Company by record; empty where a record stands for itself.
        summary: The evaluation's, for the level of its intervals, and whether it gives verdicts at all.
        more_is_better: Whether less of the metric is a loss.
    """
    held = {
        (column, value): records & scores.keys()
        for column, values in slices.items()
        for value, records in values.items()
    }
    held = {place: records for place, records in held.items() if records and len(records) < len(scores)}
    if not held:
        return []
    level = 1 - (1 - summary.get("level", shares.LEVEL)) / len(held)
    sign = 1.0 if more_is_better else -1.0
    scored_slices = []
    for (column, value), records in held.items():
        mine, rest = (
            report.measured(
                metric.name, {record: scores[record] for record in part}, companies, level=level
            ).model_dump()
            for part in (records, scores.keys() - records)
        )
        verdict = _verdict(mine, rest, sign, summary)
        scored_slices.append(ScoredSlice(column, value, tables.cell(mine, metric) or {}, _ends(mine, sign)[1], verdict))
    return sorted(scored_slices, key=lambda each: (each.best, each.column, each.value))


def _ends(value: dict[str, Any], sign: float) -> tuple[float, float]:
    """Worst and best end, signed so that less is worse; infinite without an interval."""
    if value["low"] is None or value["high"] is None:
        return float("-inf"), float("inf")
    worst, best = sorted((sign * value["low"], sign * value["high"]))
    return worst, best


def _verdict(mine: dict[str, Any], rest: dict[str, Any], sign: float, summary: dict[str, Any]) -> str:
    if summary.get("is_exploratory"):
        return "exploratory, no verdict"
    if min(mine["companies"] or 0, rest["companies"] or 0) < tables.fewest_companies(summary):
        return "too few to tell"
    return WORSE if _ends(mine, sign)[1] < _ends(rest, sign)[0] else "not clearly worse"
