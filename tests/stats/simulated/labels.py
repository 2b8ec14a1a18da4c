"""Labels whose scores are known, and how often the intervals of macro-F1, precision and recall hold them.

A record's label is drawn, and told right with the accuracy, else any other label is said. Records of a company share,
with `ALIKE`, its label and what makes an answer hard.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from stats import classification
from stats.intervals.distributions import Floats, Ints

NINE = (0.3, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.03, 0.02)
ALIKE = 0.3


def drawn(
    chance: np.random.Generator, labels: tuple[float, ...], *, accuracy: float, companies: int, each: int
) -> tuple[Ints, Ints]:
    """The right and the said label of each record, (companies, each)."""
    alike, shape, size = ALIKE if each > 1 else 0.0, (companies, each), len(labels)
    own = chance.choice(size, shape, p=labels)
    right = np.where(chance.random(shape) < alike, chance.choice(size, (companies, 1), p=labels), own)
    of_company, of_record = chance.standard_normal((companies, 1)), chance.standard_normal(shape)
    is_right = alike**0.5 * of_company + (1 - alike) ** 0.5 * of_record < NormalDist().inv_cdf(accuracy)
    return right, np.where(is_right, right, (right + chance.integers(1, size, shape)) % size)


def truth(labels: tuple[float, ...], accuracy: float) -> tuple[float, Floats, float]:
    """Macro-F1, precision of each label and recall of any, of all records there are."""
    size, p = len(labels), np.array(labels)
    table = np.outer(p, np.full(size, (1 - accuracy) / (size - 1)))
    np.fill_diagonal(table, p * accuracy)
    macro = classification.macro_f1(np.hstack([table, np.zeros((size, 1))]))
    return float(macro), np.diagonal(table) / table.sum(axis=0), accuracy


def coverage(labels: tuple[float, ...], *, accuracy: float, companies: int, each: int, times: int) -> dict[str, float]:
    """Share of intervals that hold the truth; precision and recall over all labels that have one."""
    chance, names = np.random.default_rng(1), [str(place) for place in range(len(labels))]
    macro, precisions, recall = truth(labels, accuracy)
    units = np.repeat(np.arange(companies), each).tolist()
    held: dict[str, list[bool]] = {"macro-F1": [], "precision": [], "recall": []}
    for _ in range(times):
        found = drawn(chance, labels, accuracy=accuracy, companies=companies, each=each)
        right, said = ([names[place] for place in places.ravel()] for places in found)
        ends = classification.macro_f1_interval(names, right, said, units)
        held["macro-F1"].append(ends is not None and ends[0] <= macro <= ends[1])
        for score, precision in zip(classification.label_scores(names, right, said, units), precisions, strict=True):
            for name, interval, value in (
                ("precision", score.precision_interval, precision),
                ("recall", score.recall_interval, recall),
            ):
                if interval:
                    held[name].append(interval.low <= value <= interval.high)
    return {name: float(np.mean(hits)) for name, hits in held.items()}
