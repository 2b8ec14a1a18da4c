"""Ratings as counts: how many raters put each unit into each category, and how many units look alike.

Most statistics of agreement ask for nothing more, so a hundred thousand units shrink to a few dozen patterns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RatingTally:
    """Units by pattern.

    Attributes:
        counts: Raters per category of each pattern, (P, C); may be fractions.
        times: How many units show each pattern, (P,).
        values: The number each category stands for, (C,): its place where categories are mere names.
    """

    counts: Floats
    times: Floats
    values: Floats

    @property
    def units(self) -> int:
        """Units rated at least twice; others say nothing on agreement."""
        return round(float(self.times[self.counts.sum(axis=1) >= 2].sum()))

    @property
    def ratings(self) -> int:
        raters = self.counts.sum(axis=1)
        return round(float((raters * self.times)[raters >= 2].sum()))


def of_ratings(units: Iterable[Iterable[Hashable]], categories: Sequence[Hashable]) -> RatingTally:
    """A tally of units given as the values they were rated with, in any order and number.

    Args:
        units: One iterable a unit; ratings that were not given are left out.
        categories: All there are, in the order that matters to ordinal statistics. Numbers stand for themselves.

    Raises:
        KeyError: A value is none of the categories.
    """
    place = {category: index for index, category in enumerate(categories)}
    # A unit is its multiset of values: sorted places make equal ones one key.
    patterns = Counter(tuple(sorted(place[value] for value in unit)) for unit in units)
    return of_patterns(patterns, categories)


def of_patterns(patterns: Mapping[tuple[int, ...], int], categories: Sequence[Any]) -> RatingTally:
    """A tally of units given as how often each multiset of places of categories comes."""
    counts = np.zeros((len(patterns), len(categories)))
    for row, pattern in enumerate(patterns):
        np.add.at(counts[row], list(pattern), 1)
    are_numbers = all(isinstance(category, (int, float)) for category in categories)
    values = np.asarray(categories if are_numbers else range(len(categories)), float)
    return RatingTally(counts, np.fromiter(patterns.values(), float, len(patterns)), values)
