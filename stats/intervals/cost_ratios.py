"""Cost of a unit, such as a mail or a reply, with its interval.

Costs are in US dollars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stats.intervals import distributions
from stats.intervals.distributions import Floats
from stats.intervals.effects import Interval, StatisticalMethod
from stats.intervals.two_shares import LEVEL, check_level

FIELLER = StatisticalMethod("ratio of two means, Fieller's interval", "Fieller 1954, J. R. Stat. Soc. B 16(2)")


@dataclass(frozen=True, slots=True)
class UnitCost:
    """US dollars per mail or per reply, with its interval; `interval.high` is infinite where no bound can be told."""

    usd: float
    interval: Interval
    method: StatisticalMethod = FIELLER


def ratio(cost_usd: Floats, units: Floats, *, level: float = LEVEL) -> UnitCost:
    """Sum of costs over sum of units, with Fieller's interval from cluster totals.

    The bounds are the R at which the mean of c - R u is t standard errors from 0: a quadratic in R. Where the mean of
    the units is itself hardly told from 0, one side (or both) has no bound.

    Args:
        cost_usd: Per cluster, (G,).
        units: Mails or replies per cluster, (G,).
        level: Two-sided, 0 to 1.

    Raises:
        ValueError: If there is no unit to divide by, fewer than two clusters, or the lists differ in length.
    """
    check_level(level)
    if cost_usd.shape != units.shape or len(units) < 2:
        raise ValueError(
            "A cost with an interval needs two lists of one length, with at least two mails (or clusters)."
        )
    if not units.sum() > 0:
        raise ValueError("No replies yet, so the cost per reply is unknown.")
    n = len(units)
    covariance = np.cov(cost_usd, units) / n
    reach = distributions.t_quantile((1 + level) / 2, n - 1)
    estimate = float(cost_usd.sum() / units.sum())
    return UnitCost(estimate, _fieller(float(cost_usd.mean()), float(units.mean()), covariance, reach, level))


def _fieller(cost: float, units: float, covariance: Floats, reach: float, level: float) -> Interval:
    """Costs are never below 0, so neither is a bound."""
    a = units**2 - reach**2 * float(covariance[1, 1])
    b = cost * units - reach**2 * float(covariance[0, 1])
    c = cost**2 - reach**2 * float(covariance[0, 0])
    inside = b**2 - a * c
    if a <= 0:
        # Costs well told and replies hardly: everything above one root fits. Neither well told: everything fits.
        low = (b - math.sqrt(inside)) / a if a < 0 < c else 0.0
        return Interval(low, math.inf, level)
    root = math.sqrt(max(inside, 0.0))
    return Interval(max(0.0, (b - root) / a), (b + root) / a, level)
