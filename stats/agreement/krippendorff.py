"""Krippendorff's alpha: 1 minus observed over expected disagreement, for any number of raters and gaps.

Krippendorff, Content Analysis (2013), chapter 12: values in a unit are paired with each other, each pair weighing
1 / (raters of the unit - 1); the expected disagreement pairs every value with every other, wherever it was given.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from stats.agreement.estimates import Statistic
from stats.agreement.tallies import Floats, RatingTally
from stats.intervals.samples import ROUNDING

Metric = Literal["nominal", "ordinal"]


def alpha(metric: Metric = "nominal") -> Statistic:
    """Alpha under a metric: what it means for two values to differ.

    `nominal` asks whether they are equal, `ordinal` takes the squared number of ratings that lie between (so it depends
    on how often each value was given). A figure is nan where no unit has two ratings, or no two values differ.
    """

    def statistic(tally: RatingTally, times: Floats) -> Floats:
        raters = tally.counts.sum(axis=1)
        paired = np.where(raters >= 2, 1.0, 0.0)
        weights = times * paired
        coincidences = _coincidences(tally, weights)  # (B, C, C)
        frequencies = coincidences.sum(axis=2)  # (B, C)
        total = frequencies.sum(axis=1)  # (B,)
        distance = _distance(metric, frequencies)  # (B, C, C)
        observed = (coincidences * distance).sum(axis=(1, 2))
        expected = np.einsum("bi,bj,bij->b", frequencies, frequencies, distance)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)

    return statistic


def interval_alpha() -> Statistic:
    """Alpha for numbers, which differ by their squared difference: from sums and squares, for many categories."""

    def statistic(tally: RatingTally, times: Floats) -> Floats:
        raters = tally.counts.sum(axis=1)
        sums, squares = tally.counts @ tally.values, tally.counts @ tally.values**2
        paired = raters >= 2
        # Pairs of a unit differ by 2 (m Σv² - (Σv)²) in all.
        within = np.where(paired, 2 * (raters * squares - sums**2) / np.where(paired, raters - 1, 1), 0.0)
        weights = times * paired
        total, all_sums, all_squares = weights @ raters, weights @ sums, weights @ squares
        expected = 2 * (total * all_squares - all_sums**2)
        # Of equal numbers rounding leaves a part of what they come to.
        differ = expected > ROUNDING * total * all_squares
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(differ, 1 - (total - 1) * (weights @ within) / expected, np.nan)

    return statistic


def _coincidences(tally: RatingTally, weights: Floats) -> Floats:
    """Return the coincidence matrices: weighted counts of pairs of values in the same unit, (B, C, C)."""
    counts = tally.counts
    categories = counts.shape[1]
    raters = np.maximum(counts.sum(axis=1), 2.0)
    pairs = counts[:, :, None] * counts[:, None, :]  # (P, C, C)
    pairs[:, np.arange(categories), np.arange(categories)] -= counts
    flat = (pairs / (raters - 1)[:, None, None]).reshape(len(counts), categories**2)
    coincidences: Floats = (weights @ flat).reshape(len(weights), categories, categories)
    return coincidences


def _distance(metric: Metric, frequencies: Floats) -> Floats:
    """Squared difference of each two values, (1 or B, C, C)."""
    if metric == "nominal":
        return (1 - np.eye(frequencies.shape[1]))[None]
    below = np.cumsum(frequencies, axis=1) - frequencies / 2
    ranks: Floats = (below[:, :, None] - below[:, None, :]) ** 2
    return ranks
