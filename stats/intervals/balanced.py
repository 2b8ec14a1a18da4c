"""Means over rows of two classes that count alike, such as balanced accuracy, with intervals by cluster.

The mean of the two classes' means is a sum of ratios; each row stands for its share of the linearised sum (Woodruff
1971, JASA 66(334)), so that the error over clusters is that of `stats.intervals.means`.
"""

from __future__ import annotations

from collections.abc import Sequence

from stats.intervals import means
from stats.intervals.means import MeanInterval


def mean(values: Sequence[float], classes: Sequence[bool], clusters: Sequence[str]) -> MeanInterval:
    """The mean of both classes' means.

    Args:
        values: Of each row: 1 where it is right, of two systems on the same rows the difference of that.
        classes: The class of each row.
        clusters: What is independent, such as the document of each row.

    Raises:
        ValueError: A class has no row.
    """
    by_class = {
        each: [value for value, of in zip(values, classes, strict=True) if of is each] for each in (True, False)
    }
    if not all(by_class.values()):
        raise ValueError("Both classes need a row: a mean over one of them is not balanced.")
    rates = {each: sum(rows) / len(rows) for each, rows in by_class.items()}
    weights = {each: len(values) / (2 * len(rows)) for each, rows in by_class.items()}
    balanced = sum(rates.values()) / 2
    scores = {
        f"{place:09}": balanced + weights[of] * (value - rates[of])
        for place, (value, of) in enumerate(zip(values, classes, strict=True))
    }
    interval = means.mean(scores, {f"{place:09}": cluster for place, cluster in enumerate(clusters)})
    low, high, companies = (interval.low, interval.high, interval.companies) if interval else (None, None, None)
    return MeanInterval(balanced, low, high, len(values), companies)
