"""Detection of likely wrong labels by confident learning.

After Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", sections 3.1
and 3.2. A label is doubted where a model that never saw it is as sure of another as it is, on average, of what carries
that other label. So a class the model finds hard is held to a lower bar than an easy one. Pure on numpy; does not know
the model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class LabelDoubt(NamedTuple):
    """One label that is likely wrong.

    Attributes:
        example: Which one, by its place.
        likely: The label that the model is confident of.
        confidence: Probability of the likely label.
        margin: That probability less the given label's; the order of the list.
    """

    example: int
    given: int
    likely: int
    confidence: float
    margin: float


def thresholds(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean self-confidence of each label: its mean probability over the examples that carry it, (L,).

    A label that nothing carries has a threshold that nothing reaches.
    """
    kinds = probabilities.shape[1]
    counts = np.bincount(labels, minlength=kinds)
    sums = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=kinds)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def doubts(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[LabelDoubt]:
    """The labels that are likely wrong, the most likely first: what stands beside the diagonal of the confident joint.

    Args:
        probabilities: (N, L): of each example's labels, by a model that did not see the example.
        labels: (N,): label given to each, from 0 to L - 1.
    """
    confident = probabilities >= thresholds(probabilities, labels)
    likely = np.where(confident, probabilities, -1.0).argmax(axis=1)
    every = np.arange(len(labels))
    margins = probabilities[every, likely] - probabilities[every, labels]
    # Rows that are confident of nothing have no likely label.
    (suspects,) = np.nonzero(confident.any(axis=1) & (likely != labels))
    order = suspects[np.argsort(-margins[suspects], kind="stable")]
    return [
        LabelDoubt(
            int(index),
            int(labels[index]),
            int(likely[index]),
            float(probabilities[index, likely[index]]),
            float(margins[index]),
        )
        for index in order
    ]
