"""Cell of a sweep that did best, by its loss on the validation split, and the shapes its page draws. Pure.

Runs of a sweep differ by one seed each, so a lead smaller than the noise between seeds is no lead: cells near the best
one are named with it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training.sweeps.grid import AXES, label

# A rule of thumb, chosen here: runs that differ by their seed alone are often this far apart (docs/sweeps.md).
NEAR: Final = 0.01

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Ranking:
    """The best row, and the others within 1 % of its loss, the cheapest first."""

    best: Mapping[str, Any] | None
    near: tuple[Mapping[str, Any], ...]


def ranking(rows: Rows) -> Ranking:
    """Order finished cells by validation loss; of equal losses the faster run is better.

    Args:
        rows: With `validation_loss` (in the unit of the objective, or None) and `seconds`.
    """
    measured = sorted((row for row in rows if _is_number(row["validation_loss"])), key=_key)
    if not measured:
        return Ranking(None, ())
    best = measured[0]
    near = [row for row in measured[1:] if row["validation_loss"] <= best["validation_loss"] * (1 + NEAR)]
    return Ranking(best, tuple(sorted(near, key=lambda row: row["seconds"] or 0.0)))


def chart(rows: Rows, grid: Mapping[str, list[Any]], *, unit: str = "nats per token") -> dict[str, Any]:
    """Validation loss over the axis with most values, a line for each combination of the others.

    No lines until two of those values have been measured: one alone shows nothing.
    """
    axis = max(AXES, key=lambda name: len(grid.get(name, [])))
    others = {name: values for name, values in grid.items() if name != axis}
    lines: dict[str, list[list[float]]] = defaultdict(list)
    for row in rows:
        if _is_number(row["validation_loss"]) and row["values"][axis] is not None:
            name = label(row["values"], tried=others)
            lines[name].append([_at(axis, row["values"][axis]), row["validation_loss"]])
    series = [{"name": name, "points": sorted(points)} for name, points in lines.items()]
    reached = {x for points in lines.values() for x, _ in points}
    words = {"learning_rate": "learning rate", "share": "share of the training records, %"}
    return {
        "series": series if len(reached) > 1 else [],
        "x": {"label": words.get(axis, AXES[axis]), "log10": axis == "learning_rate"},
        "y": {"label": f"validation loss, {unit}", "zero": False},
    }


def _at(axis: str, value: float) -> float:
    # Rates are tried by factors, so only their logarithm spreads them evenly.
    if axis == "learning_rate":
        return round(math.log10(value), 6)
    return value * 100 if axis == "share" else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _key(row: Mapping[str, Any]) -> tuple[float, float, int]:
    return row["validation_loss"], row["seconds"] or 0.0, row["position"]
