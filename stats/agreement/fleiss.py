"""Agreement of any number of raters against what chance would bring: Fleiss' kappa and its kin.

Observed agreement is the share of pairs of raters of a unit that agree, averaged over units rated twice or more; the
statistics differ in what they take for chance (Gwet, Handbook of Inter-Rater Reliability, 2014, chapters 2 and 3, which
also says how units with unequal numbers of raters enter). With equal numbers Fleiss' is that of Fleiss (1971).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stats.agreement.estimates import Statistic
from stats.agreement.tallies import Floats, RatingTally

Chance = Callable[[Floats], Floats]


def percent() -> Statistic:
    """Share of pairs of raters that agree, nothing taken off for chance; nan where nothing was rated twice."""
    return _observed


def fleiss() -> Statistic:
    """Fleiss' kappa: chance draws from the categories as often as all raters together used them."""
    return _beyond(lambda shares: (shares**2).sum(axis=1))


def ac1() -> Statistic:
    """Gwet's AC1: chance is met only where a unit is hard, which leaves it steady when one category prevails."""
    return _beyond(lambda shares: (shares * (1 - shares)).sum(axis=1) / (shares.shape[1] - 1))


def free_marginal() -> Statistic:
    """Brennan and Prediger's (1981), for more than two raters Randolph's: chance draws each category alike."""
    return _beyond(lambda shares: np.full(len(shares), 1 / shares.shape[1]))


def conger(ratings: Sequence[Sequence[object | None]], categories: Sequence[object]) -> float:
    """Conger's kappa (1980): Fleiss' with each rater's own habits taken for chance.

    Args:
        ratings: Of each rater in turn the value given to each unit, None where there is none.
        categories: All there are.

    Returns:
        Kappa, nan where nothing was rated twice.
    """
    place = {category: index for index, category in enumerate(categories)}
    habits = np.zeros((len(ratings), len(categories)))
    counts = np.zeros((len(ratings[0]), len(categories)))
    for rater, given in enumerate(ratings):
        for unit, value in enumerate(given):
            if value is not None:
                habits[rater, place[value]] += 1
                counts[unit, place[value]] += 1
    habits /= habits.sum(axis=1, keepdims=True)
    tally = RatingTally(counts, np.ones(len(counts)), np.arange(len(categories), dtype=float))
    observed = _observed(tally, tally.times[None, :])[0]
    spread = habits.var(axis=0, ddof=1) if len(ratings) > 1 else np.zeros(len(categories))
    chance = (habits.mean(axis=0) ** 2).sum() - spread.sum() / len(ratings)
    return float((observed - chance) / (1 - chance))


def _beyond(chance: Chance) -> Statistic:
    def statistic(tally: RatingTally, times: Floats) -> Floats:
        expected = chance(_shares(tally, times))
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
    """How often each category is used, units weighing alike, (B, C)."""
    raters = tally.counts.sum(axis=1)
    rated = raters > 0
    used = tally.counts / np.where(rated, raters, 1)[:, None]
    weights = times * rated
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: Floats = (weights @ used) / weights.sum(axis=1, keepdims=True)
    return shares
