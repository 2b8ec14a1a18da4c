"""Change of a mean loss against a fixed reference on the same records, where runs differ by their seed.

Errors of records, or of whole companies, and of seeds add up. Degrees of freedom are the fewer of both, which never
errs too often (Mickey and Brown 1966, Annals of Mathematical Statistics 37(3)); Satterthwaite's would where two or
three seeds happen to agree.
The ratio's error is that of its linear part (the delta method).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stats.intervals.distributions import t_quantile, t_two_sided_p
from stats.resampling.seed_bootstrap import Array

# Below this share of the reference an error is rounding.
LEAST_ERROR = 1e-9


@dataclass(frozen=True)
class RelativeChange:
    """A change as a share of the reference: below 0 is less loss."""

    value: float
    error: float
    df: float

    @property
    def p_value(self) -> float:
        """Two-sided, of no change."""
        return t_two_sided_p(self.value / self.error, self.df)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        reach = t_quantile((1 + level) / 2, self.df) * self.error
        return self.value - reach, self.value + reach


def relative_change(
    runs: Array, reference: Array, *, seed_variance: float, seed_df: int, clusters: Sequence[int] | None = None
) -> RelativeChange:
    """The change of the mean loss of runs against a reference.

    Args:
        runs: Losses of runs that differ by their seed, (S, R).
        reference: Losses of the reference on the same records, (R,), with a mean above 0; it has no seed.
        seed_variance: Of the mean loss of a run, between seeds.
        seed_df: Its degrees of freedom, 1 or more.
        clusters: Company of each record; None where each record stands for itself.

    Raises:
        ValueError: Fewer than two companies, or a reference that is not above 0.
    """
    records, mean = len(reference), float(reference.mean())
    names, of_record = np.unique(np.arange(records) if clusters is None else clusters, return_inverse=True)
    units = len(names)
    if units < 2 or mean <= 0:
        raise ValueError("a change takes two companies and a reference above 0")
    ratio = float(runs.mean()) / mean
    # What is left adds up to zero, so that the spread of its sums is around zero.
    left = np.bincount(of_record, weights=runs.mean(axis=0) - ratio * reference)
    of_records = float((left**2).sum()) * units / (units - 1) / records**2 / mean**2
    of_seeds = seed_variance / len(runs) / mean**2
    variance = max(of_records + of_seeds, LEAST_ERROR**2)
    return RelativeChange(ratio - 1, variance**0.5, float(min(seed_df, units - 1)))
