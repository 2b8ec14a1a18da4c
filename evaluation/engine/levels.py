"""Intervals of means at a level above 95 %, for openings of a test split that share their error among several."""

from __future__ import annotations

from evaluation.engine.contracts import MetricInterval
from stats.intervals.distributions import t_quantile
from stats.intervals.means import LEVEL


def widened(interval: MetricInterval, level: float) -> MetricInterval:
    """A 95 % interval of a mean at a higher level.

    Both ends go out by the ratio of Student's quantiles at one degree of freedom less than there are companies: exact
    where the interval is Student's over companies of equal size, a little narrow where the bootstrap moved an end out.
    """
    units = interval.companies or interval.n
    if level == LEVEL or interval.low is None or interval.high is None or units < 2:
        return interval
    ratio = t_quantile((1 + level) / 2, units - 1) / t_quantile((1 + LEVEL) / 2, units - 1)
    low, high = (
        interval.mean - ratio * (interval.mean - interval.low),
        interval.mean + ratio * (interval.high - interval.mean),
    )
    return interval.model_copy(update={"low": low, "high": high})
