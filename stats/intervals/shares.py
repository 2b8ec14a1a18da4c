"""Intervals of shares: one share, and the difference of two on the same units. Units may come in clusters.

Units of one cluster (records of one company) resemble each other, so several of them tell less than as many apart.
Their worth is an effective number of units (Korn and Graubard 1998, Survey Methodology 24(2)), and the classical
interval is taken at that number.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stats.intervals.distributions import beta_quantile, normal_quantile, t_quantile
from stats.intervals.samples import beyond_rounding

LEVEL = 0.95
# Below so many units Wilson's interval falls short of its level for shares near 0 or 1.
FEW = 30
# With n clusters the sign test's smallest two-sided p is 2 / 2^n: above 0.05 for fewer than these.
MIN_FOR_A_CONCLUSION = 6
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """Ends of an interval of a share or of a difference of shares."""

    low: float
    high: float


def wilson(count: float, of: float, *, level: float = LEVEL) -> ShareInterval:
    """The score interval of one share (Wilson 1927, JASA 22(158)). Counts may be fractions, as effective ones are."""
    _check(count, of)
    z = normal_quantile((1 + level) / 2)
    centre, reach = count + z * z / 2, z * sqrt(max(count * (of - count) / of, 0.0) + z * z / 4)
    return ShareInterval(max(0.0, (centre - reach) / (of + z * z)), min(1.0, (centre + reach) / (of + z * z)))


def clopper_pearson(count: float, of: float, *, level: float = LEVEL) -> ShareInterval:
    """The exact interval of one share (Clopper and Pearson 1934, Biometrika 26(4)).

    Never covers less than its level.
    """
    _check(count, of)
    tail = (1 - level) / 2
    low = beta_quantile(tail, count, of - count + 1) if count > 0 else 0.0
    high = beta_quantile(1 - tail, count + 1, of - count) if count < of else 1.0
    return ShareInterval(low, high)


def clustered(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, level: float = LEVEL
) -> ShareInterval:
    """Interval of the share of ones among units.

    Units apart: Wilson's from 30 units on, Clopper and Pearson's below. In clusters: Clopper and Pearson's at the
    effective number of units, which errs on the wide side.

    Args:
        values: 0 or 1 of each unit, at least one.
        clusters: The cluster of each unit; None where every unit is its own.
        level: Two-sided.

    Raises:
        ValueError: There is no unit, or a value is neither 0 nor 1.
    """
    ones, units = _binary(values), worth(values, clusters, level=level)
    n, share = len(ones), float(ones.mean())
    if units == n:
        classical = clopper_pearson if n < FEW else wilson
        return classical(float(ones.sum()), n, level=level)
    return clopper_pearson(share * units, units, level=level)


def worth(values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, level: float = LEVEL) -> float:
    """Return the effective number of units behind the share of ones; all of them where every unit is its own."""
    ones = _binary(values)
    n, share = len(ones), float(ones.mean())
    units = _Clusters.of(ones, clusters)
    return float(n) if units.count == n else units.worth(share * (1 - share) / n, level)


def of_worth(share: float, worth: float, *, level: float = LEVEL) -> ShareInterval:
    """Interval of a share worth as much as `worth` units apart: Wilson's from 30 on, Clopper–Pearson below."""
    return (clopper_pearson if worth < FEW else wilson)(share * worth, worth, level=level)


def paired_difference(
    first_outcomes: Sequence[float],
    second_outcomes: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = LEVEL,
) -> ShareInterval:
    """Interval of the share of `first_outcomes` minus that of `second_outcomes`, both measured on the same units.

    Square-and-add of the two Wilson intervals, less by the correlation of the pairs (Newcombe 1998, Statistics in
    Medicine 17(22), 2635-2650, method 10). In clusters the four counts are brought to the effective number of pairs.

    Args:
        first_outcomes: 0 or 1 of each unit.
        second_outcomes: 0 or 1 of the same units, in the same order.
        clusters: The cluster of each unit; None where every unit is its own.
        level: Two-sided.

    Raises:
        ValueError: There is no unit, the lengths differ, or a value is neither 0 nor 1.
    """
    first, second = _binary(first_outcomes), _binary(second_outcomes)
    if len(first) != len(second):
        raise ValueError("Pairs need the same units on both sides.")
    gaps, n = first - second, len(first)
    units = _Clusters.of(gaps, clusters)
    worth = float(n) if units.count == n else units.worth(float(gaps.var()) / n, level)
    both, neither = float((first * second).sum()), float(((1 - first) * (1 - second)).sum())
    alone, against = float((first * (1 - second)).sum()), float(((1 - first) * second).sum())
    return newcombe_paired(*(cell * worth / n for cell in (both, alone, against, neither)), level=level)


def newcombe_paired(
    both: float, alone: float, against: float, neither: float, *, level: float = LEVEL
) -> ShareInterval:
    """Newcombe's method 10 for pairs by their counts.

    Success on both sides, on the first alone, on the second alone, on none.
    """
    n = both + alone + against + neither
    p1, p2 = (both + alone) / n, (both + against) / n
    w1, w2 = wilson(both + alone, n, level=level), wilson(both + against, n, level=level)
    phi = _correlation(both, alone, against, neither)

    def reach(left: float, right: float) -> float:
        return sqrt(max(left * left - 2 * phi * left * right + right * right, 0.0))

    gap = p1 - p2
    low, high = gap - reach(p1 - w1.low, w2.high - p2), gap + reach(w1.high - p1, p2 - w2.low)
    return ShareInterval(max(-1.0, low), min(1.0, high))


def _correlation(both: float, alone: float, against: float, neither: float) -> float:
    """The correlation of the pairs, brought nearer to 0 where it is positive, as Newcombe has it."""
    n = both + alone + against + neither
    margins = (both + alone) * (against + neither) * (both + against) * (alone + neither)
    if margins <= 0:
        return 0.0
    excess = both * neither - alone * against
    if excess > 0:
        excess = max(excess - n / 2, 0.0)
    return excess / sqrt(margins)


@dataclass(frozen=True, slots=True)
class _Clusters:
    """Return the effective sample size of clustered units."""

    sizes: Floats
    residuals: Floats

    @classmethod
    def of(cls, values: Floats, names: Sequence[Hashable] | None) -> _Clusters:
        if names is None:
            return cls(np.ones(len(values)), values - values.mean())
        if len(names) != len(values):
            raise ValueError("Every unit needs its cluster.")
        numbers: dict[Hashable, int] = {}
        index = np.array([numbers.setdefault(name, len(numbers)) for name in names])
        sizes = np.bincount(index).astype(np.float64)
        totals: Floats = np.bincount(index, weights=values).astype(np.float64)
        return cls(sizes, beyond_rounding(totals - values.mean() * sizes, totals))

    @property
    def count(self) -> int:
        return len(self.sizes)

    def worth(self, variance: float, level: float) -> float:
        """Return the effective sample size: the number of independent units that would tell as much.

        The variance that units apart would have, over the one the clusters show (CR2: Bell and McCaffrey 2002, Survey
        Methodology 28(2)), less for the few clusters that is reckoned from. Where nothing varies: clusters of equal
        size that weigh as much (Kish 1965). Never more than the units there are.
        """
        n = float(self.sizes.sum())
        kish = n**2 / float((self.sizes**2).sum())
        if self.count < 2:
            return 1.0
        weight = self.sizes / n
        shown = float((self.residuals**2 / (1 - weight)).sum()) / n**2
        if not variance or not shown:
            return kish
        few = (normal_quantile((1 + level) / 2) / t_quantile((1 + level) / 2, self.count - 1)) ** 2
        return float(min(n, max(n * min(1.0, variance / shown) * few, 1.0)))


def _binary(values: Sequence[float]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not len(array):
        raise ValueError("A share needs at least one unit.")
    if not np.isin(array, (0.0, 1.0)).all():
        raise ValueError("A share is of ones and zeros.")
    return array


def _check(count: float, of: float) -> None:
    if of <= 0 or not 0 <= count <= of * (1 + 1e-12):
        raise ValueError(f"A share is of 0 to n of n units, with n above 0; not {count:g} of {of:g}.")
