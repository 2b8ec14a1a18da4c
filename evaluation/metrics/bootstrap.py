"""Intervals by the paired percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13).

The units that are drawn are records. All systems and metrics see the same draws, so that a difference between two
systems is a difference on the same records. It does not know what is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Scores = Mapping[str, float]
DEFAULT_DRAWS = 2000
LEVEL = 0.95
# With fewer records than this an interval would pretend to know what it cannot.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over records with its interval; `low` and `high` are None when there are too few records."""

    mean: float
    low: float | None
    high: float | None
    n: int


def mean(scores: Scores, *, draws: int = DEFAULT_DRAWS, seed: int = 1) -> Estimate | None:
    """Mean of one score per record.

    Args:
        scores: Score by record id.
        draws: Bootstrap samples.
        seed: Seeds the draws; the same records in any order give the same interval.

    Returns:
        The estimate, or None without a record.
    """
    values = [scores[record] for record in sorted(scores)]
    if not values:
        return None
    centre = sum(values) / len(values)
    if len(values) < FEWEST:
        return Estimate(centre, None, None, len(values))
    low, high = _bounds(values, draws, seed)
    return Estimate(centre, low, high, len(values))


def difference(one: Scores, other: Scores, *, draws: int = DEFAULT_DRAWS, seed: int = 1) -> Estimate | None:
    """Mean of `one` minus `other` over the records that both have."""
    shared = one.keys() & other.keys()
    return mean({record: one[record] - other[record] for record in shared}, draws=draws, seed=seed)


def _bounds(values: Sequence[float], draws: int, seed: int) -> tuple[float, float]:
    means = sorted(_means(values, draws, seed))
    tail = (1 - LEVEL) / 2
    return _quantile(means, tail), _quantile(means, 1 - tail)


def _means(values: Sequence[float], draws: int, seed: int) -> Iterator[float]:
    chance = random.Random(seed)
    n = len(values)
    for _ in range(draws):
        yield sum(chance.choices(values, k=n)) / n


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Quantile by linear interpolation between the two nearest order statistics."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
