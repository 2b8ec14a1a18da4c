"""Interval of the ratio of two sums measured on the same units, such as the loss of two models on the same passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log

import numpy as np

from stats.intervals.distributions import t_quantile

LEVEL = 0.95
# With fewer units Student's t is so wide that the interval tells nothing.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class RatioInterval:
    ratio: float
    low: float
    high: float


def paired(ones: Sequence[float], others: Sequence[float], *, level: float = LEVEL) -> RatioInterval | None:
    """The ratio of the sum of `ones` to that of `others`, with Student's t on the log of it.

    The log's error is that of its linear part (delta method): each unit's share of the first sum less its share of the
    second, with the weights and degrees of freedom of units that differ in size (CR2: Bell and McCaffrey 2002, Survey
    Methodology 28(2)).

    Args:
        ones: A number above 0 of each unit.
        others: The same units' other number, in the same order.
        level: Two-sided.

    Returns:
        None with fewer than `FEWEST` units, where a sum is not above 0, or where all units have the same ratio.

    Raises:
        ValueError: The lengths differ.
    """
    if len(ones) != len(others):
        raise ValueError("Pairs need the same units on both sides.")
    numerator, denominator = float(np.sum(ones)), float(np.sum(others))
    if len(ones) < FEWEST or not (isfinite(numerator) and isfinite(denominator)) or min(numerator, denominator) <= 0:
        return None
    weight = np.asarray(others, dtype=np.float64) / denominator
    apart = np.asarray(ones, dtype=np.float64) / numerator - weight
    error = float((apart**2 / (1 - weight)).sum()) ** 0.5
    if error < 1e-12:
        return None
    u = weight**2 / (1 - weight)
    df = 1 / float((weight**2).sum() + u.sum() ** 2 - (u**2).sum())
    centre, reach = log(numerator / denominator), t_quantile((1 + level) / 2, df) * error
    return RatioInterval(numerator / denominator, exp(centre - reach), exp(centre + reach))
