"""A figure with its interval, and the percentile bootstrap that gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stats.agreement.tallies import RESAMPLES, SEED, Floats, RatingTally

LEVEL = 0.95
MANY_PATTERNS = 300

# From how often each pattern comes, (B, P), to the figure of each resample, (B,); nan where it is not defined.
Statistic = Callable[[RatingTally, Floats], Floats]


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A figure of agreement.

    Attributes:
        value: None where it is not defined: nothing was rated twice, or every rating is the same.
        low: Lower end of the interval; None where most resamples have no figure, or all the same.
        high: Upper end of it.
        units: Units rated twice or more, on which it stands.
        ratings: Ratings of those units.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    units: int = 0
    ratings: int = 0


def estimate(
    tally: RatingTally, statistic: Statistic, *, resamples: int = RESAMPLES, seed: int = SEED, level: float = LEVEL
) -> IntervalEstimate:
    """The figure of a tally, with the percentile interval of a bootstrap over units (Efron 1979).

    The generator is seeded: the same ratings give the same interval. Resamples in which the figure is not defined are
    left out; where they are more than half, or where all give the same figure, there is no interval.

    Args:
        tally: The ratings.
        statistic: What is estimated.
        resamples: How many; at least 1,000 for ends that are worth two digits.
        seed: Of the generator.
        level: Share of resamples inside.
    """
    value = _defined(statistic(tally, tally.times[None, :])[0])
    if value is None or tally.units < 2:
        return IntervalEstimate(value, units=tally.units, ratings=tally.ratings)
    # Ends from a thousand are worth their two digits too, where a draw is dear.
    drawn = tally.resampled(min(resamples, 1000) if len(tally.times) > MANY_PATTERNS else resamples, seed=seed)
    resampled = statistic(tally, drawn)
    finite = resampled[np.isfinite(resampled)]
    if len(finite) * 2 < len(resampled):
        return IntervalEstimate(value, units=tally.units, ratings=tally.ratings)
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    if high - low < 1e-12:
        # No unit differs from another: a bootstrap knows no spread then, which is not the same as certainty.
        return IntervalEstimate(value, units=tally.units, ratings=tally.ratings)
    return IntervalEstimate(value, float(low), float(high), tally.units, tally.ratings)


def point(tally: RatingTally, statistic: Statistic) -> float | None:
    """The figure alone."""
    return _defined(statistic(tally, tally.times[None, :])[0])


def _defined(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
