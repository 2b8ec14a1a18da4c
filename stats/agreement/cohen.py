"""Two raters: Cohen's kappa, plain and weighted, with its large-sample errors.

Cohen (1960, 1968); errors by Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from stats.agreement.estimates import LEVEL, Statistic
from stats.agreement.tallies import Floats, RatingTally

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa of a table.

    Attributes:
        value: nan where both raters always gave the same one category.
        error: Its standard error.
        low: Lower end of the normal interval at `LEVEL`, not below -1.
        high: Upper end of it, not above 1.
        error_without_agreement: Its standard error if the raters agreed by chance alone.
        p: Two-sided p-value against that.
    """

    value: float
    error: float
    low: float
    high: float
    error_without_agreement: float
    p: float


def cohen(table: Floats, *, weights: Weights = "none", level: float = LEVEL) -> Kappa:
    """Cohen's kappa with errors.

    Args:
        table: How often the first rater gave the row's category where the second gave the column's, (C, C).
        weights: Whether near misses count: not at all, by their distance, or by its square.
        level: Of the interval.
    """
    n = float(table.sum())
    share = table / n
    first, second = share.sum(axis=1), share.sum(axis=0)
    credit = _credit(len(table), weights)
    observed, expected = float((share * credit).sum()), float(first @ credit @ second)
    if expected >= 1 - 1e-12:
        return Kappa(*[float("nan")] * 6)
    value = (observed - expected) / (1 - expected)
    # What each rater's category earns on average with the other's habits.
    mean = (credit @ second)[:, None] + (first @ credit)[None, :]  # (C, C)
    spread = float((share * (credit - mean * (1 - value)) ** 2).sum()) - (value - expected * (1 - value)) ** 2
    by_chance = float((np.outer(first, second) * (credit - mean) ** 2).sum()) - expected**2
    error, error0 = (float(np.sqrt(max(0.0, part) / n)) / (1 - expected) for part in (spread, by_chance))
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = 2 * (1 - NormalDist().cdf(abs(value) / error0)) if error0 else float("nan")
    return Kappa(value, error, max(-1.0, value - z * error), min(1.0, value + z * error), error0, p)


def as_tally(table: Floats) -> RatingTally:
    """A table as patterns: one a cell, its units rated by two; see `kappa`."""
    size = len(table)
    counts = np.zeros((size * size, size))
    for row in range(size):
        for column in range(size):
            counts[row * size + column, row] += 1
            counts[row * size + column, column] += 1
    return RatingTally(counts, table.reshape(-1).astype(float), np.arange(size, dtype=float))


def kappa(size: int, *, weights: Weights = "none") -> Statistic:
    """Cohen's kappa of the tables whose cells come so often, (B, C * C), for the tally of `as_tally`."""
    credit = _credit(size, weights)

    def statistic(tally: RatingTally, times: Floats) -> Floats:
        tables = times.reshape(-1, size, size)
        total = tables.sum(axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = tables / total[:, None, None]
            observed = (shares * credit).sum(axis=(1, 2))
            expected = np.einsum("bi,ij,bj->b", shares.sum(axis=2), credit, shares.sum(axis=1))
            return np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)

    return statistic


def _credit(size: int, weights: Weights) -> Floats:
    """Return the credit for each pair of categories, (C, C): 1 where both are the same."""
    if weights == "none":
        return np.eye(size)
    apart = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :]) / max(1, size - 1)
    return np.asarray(1 - apart if weights == "linear" else 1 - apart**2, float)
