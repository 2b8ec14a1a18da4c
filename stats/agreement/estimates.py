"""A figure of agreement with its interval, from how far the figure moves when one unit is left out.

All figures here are 1 minus a disagreement, 0 at full agreement and 2 at most, so half the disagreement is treated as a
share: its variance, by the jackknife over units (Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans,
ch. 3), makes an effective number of units as Korn and Graubard (1998, Survey Methodology 24(2)) have it, and a
classical interval of a share is taken at that number. docs/statistics.md has its measured coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stats.agreement.tallies import Floats, RatingTally
from stats.intervals.distributions import normal_quantile, t_quantile
from stats.intervals.shares import LEVEL, clopper_pearson, wilson

_BLOCK = 4_000_000

# From how often each pattern comes, (B, P), to the figure of each row, (B,); nan where it is not defined.
Statistic = Callable[[RatingTally, Floats], Floats]


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A figure of agreement.

    Attributes:
        value: None where it is not defined: nothing was rated twice, or every rating is the same.
        low: Lower end of the interval; None where units tell nothing of their spread.
        high: Upper end of it.
        units: Units rated twice or more, on which it stands.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    units: int = 0
    ratings: int = 0


def estimate(tally: RatingTally, statistic: Statistic) -> IntervalEstimate:
    """Return the figure of a tally with its interval.

    There is no interval where the figure does not move with any unit, nor where it is not defined without some unit:
    equal units do not say how far another may lie, and one unit is no basis for a range.

    Args:
        statistic: What is estimated: 1 minus a disagreement of 0 to 2.
    """
    value = point(tally, statistic)
    if value is None or tally.units < 2:
        return IntervalEstimate(value, units=tally.units, ratings=tally.ratings)
    variance = _variance(tally, statistic)
    if variance is None or value >= 1:
        return IntervalEstimate(value, units=tally.units, ratings=tally.ratings)
    variance = max(variance, _least_variance(tally, 1 - value))
    low, high = _ends((1 - value) / 2, variance / 4, tally.units)
    return IntervalEstimate(value, 1 - 2 * high, 1 - 2 * low, tally.units, tally.ratings)


def point(tally: RatingTally, statistic: Statistic) -> float | None:
    value = statistic(tally, tally.times[None, :])[0]
    return float(value) if np.isfinite(value) else None


def _variance(tally: RatingTally, statistic: Statistic) -> float | None:
    """The jackknife's variance; None where a figure without one unit is not defined, or all are the same."""
    present = np.flatnonzero(tally.times > 0)
    times, units = tally.times[present], float(tally.times.sum())
    left = np.empty(len(present))
    step = max(1, _BLOCK // len(tally.times))
    for start in range(0, len(present), step):
        out = present[start : start + step]
        without = np.repeat(tally.times[None, :], len(out), axis=0)
        without[np.arange(len(out)), out] -= 1
        left[start : start + step] = statistic(tally, without)
    if not np.isfinite(left).all() or np.ptp(left) < 1e-12:
        return None
    return float((times * (left - times @ left / units) ** 2).sum() * (units - 1) / units)


def _least_variance(tally: RatingTally, disagreement: float) -> float:
    """The variance if pairs of raters differed independently and nothing else were unknown.

    Few disagreements can move the figure alike whichever is left out, as when a rare label never met itself; the
    relative error is never less than that of their number, (1 - q) / (q n) for a share q of n pairs that differ.
    """
    raters = tally.counts.sum(axis=1)
    of_all = float(tally.times @ (raters * (raters - 1)))
    alike = float(tally.times @ (tally.counts * (tally.counts - 1)).sum(axis=1))
    differing = of_all - alike
    return disagreement**2 * 2 * alike / (differing * of_all) if differing > 0 else 0.0


def _ends(share: float, variance: float, units: int) -> tuple[float, float]:
    """Ends of a share by its variance: the lower is Clopper and Pearson's, the upper Wilson's.

    The lower one is the exact one, since the share is seen only where it is not 0.
    """
    share = min(max(share, 0.0), 1.0)
    few = (normal_quantile((1 + LEVEL) / 2) / t_quantile((1 + LEVEL) / 2, units - 1)) ** 2
    worth = max(share * (1 - share) / variance * few, 0.5)
    return clopper_pearson(share * worth, worth).low, wilson(share * worth, worth).high
