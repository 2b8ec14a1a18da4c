"""Means in which two classes count alike: scikit's balanced accuracy,
and an error that the jackknife over clusters finds too.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stats.intervals import balanced

DRAWN = np.random.default_rng(5)
CLUSTERS = [f"d{place % 40}" for place in range(400)]
CLASSES = [bool(each) for each in DRAWN.random(400) < 0.3]
RIGHT = [float(each) for each in DRAWN.random(400) < np.where(CLASSES, 0.9, 0.6)]


def of_classes(places: list[int]) -> float:
    rates = [np.mean([RIGHT[place] for place in places if CLASSES[place] is of]) for of in (True, False)]
    return float(np.mean(rates))


def test_both_classes_count_alike() -> None:
    assert balanced.mean(RIGHT, CLASSES, CLUSTERS).mean == pytest.approx(of_classes(list(range(400))))


def test_the_interval_is_as_wide_as_the_jackknife_over_clusters_makes_it() -> None:
    names = sorted(set(CLUSTERS))
    without = [of_classes([place for place in range(400) if CLUSTERS[place] != name]) for name in names]
    error = ((len(names) - 1) / len(names) * np.sum((np.array(without) - np.mean(without)) ** 2)) ** 0.5

    found = balanced.mean(RIGHT, CLASSES, CLUSTERS)

    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(error * stats.t.ppf(0.975, len(names) - 1), rel=0.06)


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="Both classes"):
        balanced.mean([1.0, 0.0], [True, True], ["a", "b"])
