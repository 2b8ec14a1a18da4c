"""Intervals of means by the paired percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13).

The units that are drawn are companies with all their records: records of one company resemble each other (Davison and
Hinkley, "Bootstrap Methods and their Application", 1997, ch. 3.8). All systems and metrics see the same draws, so that a
difference between two systems is a difference on the same records. Shares are not for it: `stats.intervals.shares` has theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = Mapping[str, float]
Companies = Mapping[str, str]
DEFAULT_DRAWS = 2000
LEVEL = 0.95
# With fewer companies than this an interval would pretend to know what it cannot.
MIN_COMPANIES = 3
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class BootstrapMean:
    """A mean over n records with its interval; `low` and `high` are None when there are too few companies."""

    mean: float
    low: float | None
    high: float | None
    n: int
    companies: int | None = None


def mean(
    scores: Scores, companies: Companies | None = None, *, draws: int = DEFAULT_DRAWS, seed: int = 1
) -> BootstrapMean | None:
    """Mean of one score per record.

    Args:
        scores: Score by record id.
        companies: Company by record id; a record without one stands for itself.
        draws: Bootstrap samples.
        seed: Seeds the draws; the same records in any order give the same interval.

    Returns:
        The estimate, or None without a record.
    """
    records = sorted(scores)
    if not records:
        return None
    totals, sizes = _clusters([scores[record] for record in records], companies_of(records, companies))
    centre, count = float(totals.sum() / sizes.sum()), len(totals)
    if count < MIN_COMPANIES:
        return BootstrapMean(centre, None, None, len(records), count)
    means = _means(totals, sizes, draws, seed)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return BootstrapMean(centre, float(low), float(high), len(records), count)


def difference(
    one: Scores, other: Scores, companies: Companies | None = None, *, draws: int = DEFAULT_DRAWS, seed: int = 1
) -> BootstrapMean | None:
    """Mean of `one` minus `other` over the records that both have."""
    shared = one.keys() & other.keys()
    return mean({record: one[record] - other[record] for record in shared}, companies, draws=draws, seed=seed)


def companies_of(records: list[str], companies: Companies | None) -> list[tuple[bool, str]]:
    """The company of each record; a record without one is told apart from a company of the same name."""
    by_record = companies or {}
    return [(bool(by_record.get(record)), by_record.get(record) or record) for record in records]


def _clusters(values: list[float], names: list[tuple[bool, str]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and size of each company, (G,) each."""
    numbers: dict[tuple[bool, str], int] = {}
    index = np.array([numbers.setdefault(name, len(numbers)) for name in names])
    totals = np.bincount(index, weights=np.array(values)).astype(np.float64)
    return totals, np.bincount(index).astype(np.float64)


def _means(totals: NDArray[np.float64], sizes: NDArray[np.float64], draws: int, seed: int) -> NDArray[np.float64]:
    """The mean of each draw, (draws,); drawn in parts so that memory stays small."""
    chance = np.random.default_rng(seed)
    means = np.empty(draws)
    step = max(1, _BLOCK // len(totals))
    for start in range(0, draws, step):
        drawn = chance.integers(0, len(totals), (min(step, draws - start), len(totals)))
        means[start : start + step] = totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return means
