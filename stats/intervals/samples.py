"""Samples of one arm: counts of successes, or sums by cluster. Each checks its numbers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from stats.intervals.distributions import Floats, Ints

# Rounding leaves less than this share of a number where equal numbers are taken from their mean.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class ShareSample:
    """`successes` of `n` units. Counts may be fractional, as effective counts are."""

    successes: float
    n: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.n) and math.isfinite(self.successes)):
            raise ValueError("Counts must be finite numbers.")
        if self.n <= 0:
            raise ValueError("An arm without a unit has no share: n must be above 0.")
        if not 0 <= self.successes <= self.n:
            raise ValueError(f"Successes must be between 0 and n = {self.n:g}, not {self.successes:g}.")

    @property
    def mean(self) -> float:
        return self.successes / self.n

    @property
    def variance(self) -> float:
        """Variance of one unit, p (1 - p)."""
        return self.mean * (1 - self.mean)


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredSample:
    """The outcomes of one arm by cluster; where units are independent every cluster has one unit.

    Attributes:
        sizes: Units of each cluster, (G,), each at least 1.
        totals: Sum of the outcome over each cluster, (G,).
        is_binary: Whether a unit's outcome is 0 or 1.
    """

    sizes: Ints
    totals: Floats
    is_binary: bool

    def __post_init__(self) -> None:
        if self.sizes.ndim != 1 or self.sizes.shape != self.totals.shape:
            raise ValueError("Sizes and totals must be two lists of the same length.")
        if not len(self.sizes):
            raise ValueError("An arm without a unit cannot be analysed.")
        if (self.sizes < 1).any():
            raise ValueError("Every cluster needs at least one unit.")
        if not np.isfinite(self.totals).all():
            raise ValueError("Outcomes must be finite numbers; one is missing, NaN or infinite.")
        if self.is_binary and ((self.totals < 0) | (self.totals > self.sizes)).any():
            raise ValueError("A cluster cannot have fewer than 0 successes or more than it has units.")

    @classmethod
    def of_units(cls, values: Sequence[float] | Floats) -> Self:
        """Independent units; binary when every value is 0 or 1."""
        totals = np.asarray(values, dtype=np.float64)
        return cls(np.ones(len(totals), dtype=np.int64), totals, _all_binary(totals))

    @classmethod
    def of_rows(cls, values: Sequence[float] | Floats, clusters: Iterable[Hashable]) -> Self:
        """One value and one cluster name a row; binary when every value is 0 or 1."""
        numbers: dict[Hashable, int] = {}
        index = np.fromiter((numbers.setdefault(name, len(numbers)) for name in clusters), dtype=np.int64)
        return cls.of_numbered_rows(values, index)

    @classmethod
    def of_numbered_rows(cls, values: Sequence[float] | Floats, index: Sequence[int] | Ints) -> Self:
        """Like `of_rows`, with clusters already numbered from 0 without a gap."""
        rows = np.asarray(values, dtype=np.float64)
        numbers = np.asarray(index, dtype=np.int64)
        if len(rows) != len(numbers):
            raise ValueError("Every value needs its cluster.")
        totals: Floats = np.bincount(numbers, weights=rows).astype(np.float64)
        return cls(np.bincount(numbers), totals, _all_binary(rows))

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    @property
    def total(self) -> float:
        return float(self.totals.sum())

    @property
    def mean(self) -> float:
        """Mean over units, not over clusters."""
        return self.total / self.n

    @property
    def residuals(self) -> Floats:
        """Sum of each cluster's outcomes less what the mean would give it, (G,)."""
        return beyond_rounding(self.totals - self.mean * self.sizes, self.totals)

    @property
    def clusters(self) -> int:
        """Independent draws."""
        return len(self.sizes)

    @property
    def is_clustered(self) -> bool:
        return self.n > self.clusters

    @property
    def effective_clusters(self) -> float:
        """Return the equivalent number of equal clusters: (sum of sizes)^2 / sum of squared sizes (Kish 1965)."""
        return self.n**2 / float((self.sizes.astype(np.float64) ** 2).sum())


def beyond_rounding(residuals: Floats, of: Floats | float) -> Floats:
    """Residuals of some numbers, 0 where rounding alone may have left them: equal numbers have no spread."""
    return np.where(np.abs(residuals) <= ROUNDING * np.abs(of), 0.0, residuals)


def _all_binary(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())
