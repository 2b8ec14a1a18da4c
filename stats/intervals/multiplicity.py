"""Several comparisons in one experiment: p-values adjusted so that the whole keeps its error rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stats.intervals.effects import StatisticalMethod

HOLM = StatisticalMethod("Holm's step-down adjustment", "Holm 1979, Scandinavian Journal of Statistics 6(2)")


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the chance of one false finding among all stays at the level; in the order given.

    The i-th smallest of m is multiplied by m - i + 1, never below its predecessor nor above 1.

    Raises:
        ValueError: If a p-value is outside 0 to 1.
    """
    _check(p_values)
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, reached = [0.0] * len(order), 0.0
    for rank, place in enumerate(order):
        reached = max(reached, min(1.0, p_values[place] * (len(order) - rank)))
        adjusted[place] = reached
    return adjusted


def _check(p_values: Sequence[float]) -> None:
    for p in p_values:
        if math.isnan(p) or not 0 <= p <= 1:
            raise ValueError(f"A p-value must be between 0 and 1; {p!r} is not.")
