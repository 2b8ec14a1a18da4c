"""Ratings whose agreement is known, and how often its intervals hold it.

Each draft has a label; a rater gives it with the root of alpha, else draws one as often as it comes. Then alpha is the
truth, whatever the labels and their distances, and so are Fleiss' and Cohen's kappa.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from stats.agreement import cohen, fleiss, krippendorff, tallies
from stats.agreement.estimates import IntervalEstimate, estimate
from stats.intervals.distributions import Ints

LABELS = {
    "2 labels": (0.5, 0.5),
    "2 labels, .8": (0.8, 0.2),
    "2 labels, .9": (0.9, 0.1),
    "5 labels": (0.2,) * 5,
    "5 labels, .6": (0.6, 0.2, 0.1, 0.06, 0.04),
}


def ratings(chance: np.random.Generator, labels: tuple[float, ...], *, drafts: int, raters: int, alpha: float) -> Ints:
    """The place of each rater's label, (drafts, raters)."""
    of_draft = chance.choice(len(labels), drafts, p=labels)
    of_rater = chance.choice(len(labels), (drafts, raters), p=labels)
    given: Ints = np.where(chance.random((drafts, raters)) < alpha**0.5, of_draft[:, None], of_rater)
    return given


def estimates(given: Ints, size: int) -> Iterator[tuple[str, IntervalEstimate]]:
    """Each figure of one sample."""
    tally = tallies.of_ratings(given.tolist(), range(size))
    yield "alpha", estimate(tally, krippendorff.alpha())
    yield "ordinal alpha", estimate(tally, krippendorff.alpha("ordinal"))
    yield "interval alpha", estimate(tally, krippendorff.interval_alpha())
    yield "Fleiss", estimate(tally, fleiss.fleiss())
    if given.shape[1] == 2:
        table = np.zeros((size, size))
        np.add.at(table, (given[:, 0], given[:, 1]), 1)
        yield "Cohen", estimate(cohen.as_tally(table), cohen.kappa(size))


def coverage(name: str, *, drafts: int, raters: int, alpha: float, times: int) -> dict[str, tuple[int, int]]:
    """Of each figure, how many samples gave an interval, and how many of those hold the truth."""
    chance, labels = np.random.default_rng(1), LABELS[name]
    shown: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for _ in range(times):
        given = ratings(chance, labels, drafts=drafts, raters=raters, alpha=alpha)
        for figure, found in estimates(given, len(labels)):
            if found.low is not None and found.high is not None:
                shown[figure] += 1
                held[figure] += found.low <= alpha <= found.high
    return {figure: (shown[figure], held[figure]) for figure in shown}
