"""Shares with intervals, and whether a later share differs from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from stats.agreement import fleiss
from stats.agreement.estimates import IntervalEstimate, point
from stats.agreement.tallies import RatingTally
from stats.intervals import shares


@dataclass(frozen=True, slots=True)
class AgreementShare:
    """So many of so many, with Wilson's interval; value and ends are None where there are none at all."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ShareDifference:
    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Return whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


def share(count: int, of: int) -> AgreementShare:
    """A share with its score interval (Wilson 1927), which stays within 0 and 1 and holds for few as for many."""
    if of <= 0:
        return AgreementShare(count, of, None, None, None)
    interval = shares.wilson(count, of)
    return AgreementShare(count, of, count / of, interval.low, interval.high)


def agreeing_share(tally: RatingTally) -> IntervalEstimate:
    """The share of pairs of raters that say the same, units weighing alike, with its interval.

    A unit rated by two says yes or no, so the interval is that of a share: Wilson's, or Clopper and Pearson's below 30
    units. Where units have more raters their agreement varies less than a yes or no, and the interval is on the wide
    side.
    """
    value, units = point(tally, fleiss.percent()), tally.units
    if value is None:
        return IntervalEstimate(None, units=units, ratings=tally.ratings)
    interval = shares.of_worth(value, units)
    return IntervalEstimate(value, interval.low, interval.high, units, tally.ratings)


def difference(earlier: AgreementShare, later: AgreementShare) -> ShareDifference | None:
    """Return the difference of two shares of different units (Newcombe 1998, method 10); None where one is empty."""
    if None in (earlier.value, later.value):
        return None
    assert earlier.value is not None
    assert later.value is not None
    value = later.value - earlier.value
    below = sqrt((later.value - (later.low or 0.0)) ** 2 + ((earlier.high or 0.0) - earlier.value) ** 2)
    above = sqrt(((later.high or 0.0) - later.value) ** 2 + (earlier.value - (earlier.low or 0.0)) ** 2)
    return ShareDifference(value, value - below, value + above)
