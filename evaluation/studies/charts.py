"""Chart data of a study, finished or under way. Pure; knows no row and no page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.states import SHARE_METRICS, StudyMetric
from evaluation.studies.pareto import FRONT_COSTS

AXES = {
    StudyMetric.NLL: "loss, nats per byte",
    StudyMetric.PASSES: "share of outputs that a check marks",
    StudyMetric.RIGHT: "share of outputs with a wrong value",
}


def of_verdict(metric: str, body: Mapping[str, Any], *, is_by_size: bool) -> dict[str, Any]:
    """Return the chart of a verdict: a curve over sizes, or an interval for each arm."""
    points = body.get("points", [])
    if not is_by_size:
        rows = [
            {"name": point["arm"], "value": point["loss"], "lo": point["low"], "hi": point["high"], "n": point["seeds"]}
            for point in points
        ]
        return {"rows": rows, "x": {"label": AXES[StudyMetric(metric)]}}
    measured = [[point["records"], point["loss"], point["low"], point["high"]] for point in points]
    series = [{"name": "measured", "points": measured}]
    if body.get("curve"):
        series.append({"name": "fitted", "points": body["curve"]})
    return _lines(series, metric)


def of_cost(metric: str, body: Mapping[str, Any], cost: str = "seconds") -> dict[str, Any]:
    """Return loss against a cost of each arm's run, by default its seconds."""
    points = [
        {"name": point["arm"], "x": point[cost], "y": point["loss"]}
        for point in body.get("points", [])
        if point[cost] is not None
    ]
    return {
        "points": points,
        "x": {"label": FRONT_COSTS[cost], "zero": True, "better": "low"},
        "y": {"label": AXES[StudyMetric(metric)], "better": "low"},
    }


def so_far(metric: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean loss over the finished seeds at each size, one line for each arm."""
    losses: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if (value := row[metric]) is not None:
            losses[row["arm"]][row["records"]].append(1 - value if metric in SHARE_METRICS else value)
    series = [
        {"name": arm, "points": [[size, sum(each) / len(each)] for size, each in sorted(sizes.items())]}
        for arm, sizes in losses.items()
    ]
    return _lines(series, metric)


def _lines(series: list[dict[str, Any]], metric: str) -> dict[str, Any]:
    return {
        "series": series,
        "x": {"label": "training records"},
        "y": {"label": AXES[StudyMetric(metric)], "zero": False},
    }
