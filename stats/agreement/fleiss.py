"""Agreement of any number of raters: the share of pairs that agree, and Fleiss' kappa, which takes chance off it.

Observed agreement is the share of pairs of raters of a unit that agree, averaged over units rated twice or more. Units
with unequal numbers of raters enter as in Gwet, Handbook of Inter-Rater Reliability, 2014, chapters 2 and 3; with equal
numbers the kappa is that of Fleiss (1971).
"""

from __future__ import annotations

import numpy as np

from stats.agreement.estimates import Statistic
from stats.agreement.tallies import Floats, RatingTally


def percent() -> Statistic:
    """Share of pairs of raters that agree, nothing taken off for chance; nan where nothing was rated twice."""
    return _observed


def fleiss() -> Statistic:
    """Fleiss' kappa: chance draws from the categories as often as all raters together used them."""

    def statistic(tally: RatingTally, times: Floats) -> Floats:
        expected = (_shares(tally, times) ** 2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Where all raters always say the same thing there is no chance to be better than.
            return np.where(expected < 1 - 1e-12, (_observed(tally, times) - expected) / (1 - expected), np.nan)

    return statistic


def _observed(tally: RatingTally, times: Floats) -> Floats:
    raters = tally.counts.sum(axis=1)
    paired = raters >= 2
    agreeing = (tally.counts * (tally.counts - 1)).sum(axis=1) / np.where(paired, raters * (raters - 1), 1)
    weights = times * paired
    with np.errstate(divide="ignore", invalid="ignore"):
        observed: Floats = (weights @ agreeing) / weights.sum(axis=1)
    return observed


def _shares(tally: RatingTally, times: Floats) -> Floats:
    """Return the share of each category, units weighing alike, (B, C)."""
    raters = tally.counts.sum(axis=1)
    rated = raters > 0
    used = tally.counts / np.where(rated, raters, 1)[:, None]
    weights = times * rated
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: Floats = (weights @ used) / weights.sum(axis=1, keepdims=True)
    return shares
