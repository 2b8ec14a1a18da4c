"""Two raters: Cohen's kappa, with its large-sample interval.

Cohen (1960); the interval by Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72(5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stats.agreement.estimates import Statistic
from stats.agreement.tallies import Floats, RatingTally
from stats.intervals.distributions import normal_quantile
from stats.intervals.shares import LEVEL


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa of a table.

    Attributes:
        value: nan where both raters always gave the same one category.
        low: Lower end of the normal interval at `LEVEL`, not below -1.
        high: Upper end of it, not above 1.
    """

    value: float
    low: float
    high: float


def cohen(table: Floats) -> Kappa:
    """Cohen's kappa with its interval.

    Args:
        table: How often the first rater gave the row's category where the second gave the column's, (C, C).
    """
    n = float(table.sum())
    share = table / n
    first, second = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float(np.trace(share)), float(first @ second)
    if expected >= 1 - 1e-12:
        return Kappa(float("nan"), float("nan"), float("nan"))
    value = (observed - expected) / (1 - expected)
    # What each rater's category earns on average with the other's habits.
    mean = second[:, None] + first[None, :]  # (C, C)
    gain = np.eye(len(table)) - mean * (1 - value)
    spread = float((share * gain**2).sum()) - (value - expected * (1 - value)) ** 2
    reach = normal_quantile((1 + LEVEL) / 2) * float(np.sqrt(max(0.0, spread) / n)) / (1 - expected)
    return Kappa(value, max(-1.0, value - reach), min(1.0, value + reach))


def as_tally(table: Floats) -> RatingTally:
    """A table as patterns: one a cell, its units rated by two; see `kappa`."""
    size = len(table)
    counts = np.zeros((size * size, size))
    for row in range(size):
        for column in range(size):
            counts[row * size + column, row] += 1
            counts[row * size + column, column] += 1
    return RatingTally(counts, table.reshape(-1).astype(float), np.arange(size, dtype=float))


def kappa(size: int) -> Statistic:
    """Cohen's kappa of the tables whose cells come so often, (B, C * C), for the tally of `as_tally`."""

    def statistic(tally: RatingTally, times: Floats) -> Floats:
        tables = times.reshape(-1, size, size)
        total = tables.sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = tables / total[:, None, None]
            observed = np.trace(shares, axis1=1, axis2=2)
            expected = (shares.sum(axis=2) * shares.sum(axis=1)).sum(axis=1)
            return np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)

    return statistic
