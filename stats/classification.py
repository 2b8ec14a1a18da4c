"""Classification scores: confusion, precision, recall and F1 of each label, and their mean, with intervals.

Pure on numpy. A prediction may be missing (a text that could not be read): it counts as wrong for its label and for
none.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.intervals import shares
from stats.intervals.distributions import normal_quantile, t_quantile
from stats.intervals.means import LEVEL, MIN_COMPANIES
from stats.intervals.shares import ShareInterval, clustered

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label.

    Attributes:
        precision: Share of what was said that is right; None where it was never said.
        precision_interval: 95 %, clustered; None without a precision.
        recall: Share of what is right that was said; None where it is never right.
        recall_interval: As of precision.
        f1: Harmonic mean of both, 0 where one of them is missing.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    precision_interval: ShareInterval | None
    recall: float | None
    recall_interval: ShareInterval | None
    f1: float


def confusion(labels: Sequence[str], right: Sequence[str], predictions: Sequence[str | None]) -> Counts:
    """Count pairs of right and predicted labels.

    Returns:
        (L, L + 1): a row for each label that is right, a column for each that was predicted; the last column counts
        answers that name none of them.
    """
    counts = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    np.add.at(counts, _places(labels, right, predictions), 1)
    return counts


def label_scores(
    labels: Sequence[str],
    right: Sequence[str],
    predictions: Sequence[str | None],
    clusters: Sequence[Hashable] | None = None,
) -> list[LabelScore]:
    """Precision, recall and F1 of each label, in the order given; intervals as of any share, clustered."""
    units = list(range(len(right))) if clusters is None else list(clusters)
    scores = []
    for label in labels:
        hit = [
            (truth == label, answer == label, unit)
            for truth, answer, unit in zip(right, predictions, units, strict=True)
        ]
        recall, recall_interval = _share([(was_said, unit) for is_right, was_said, unit in hit if is_right])
        precision, precision_interval = _share([(is_right, unit) for is_right, was_said, unit in hit if was_said])
        f1 = 0.0 if not precision or not recall else 2 * precision * recall / (precision + recall)
        support, predicted = sum(is_right for is_right, _, _ in hit), sum(was_said for _, was_said, _ in hit)
        scores.append(LabelScore(label, support, predicted, precision, precision_interval, recall, recall_interval, f1))
    return scores


def _share(hits: Sequence[tuple[bool, Hashable]]) -> tuple[float | None, ShareInterval | None]:
    if not hits:
        return None, None
    values = [float(hit) for hit, _ in hits]
    return sum(values) / len(values), clustered(values, [unit for _, unit in hits])


def macro_f1(counts: Counts | Floats) -> Floats:
    """Mean F1 over the labels that are right or were said at least once.

    Args:
        counts: (..., L, L + 1) confusion counts.

    Returns:
        (...): 0 where no label was right or said.
    """
    own = counts[..., :-1].astype(np.float64)
    return _mean_f1(np.diagonal(own, axis1=-2, axis2=-1), counts.sum(axis=-1) + own.sum(axis=-2))


def _mean_f1(hits: Counts | Floats, total: Counts | Floats) -> Floats:
    """Return the mean F1 of labels that occur, from each label's hits and its truths plus answers, (..., L) each."""
    hits = hits.astype(np.float64)
    f1 = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    label_count = (total > 0).sum(axis=-1)
    return np.asarray(
        np.divide(f1.sum(axis=-1), label_count, out=np.zeros_like(f1.sum(axis=-1)), where=label_count > 0)
    )


def macro_f1_interval(
    labels: Sequence[str],
    right: Sequence[str],
    predictions: Sequence[str | None],
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = LEVEL,
) -> tuple[float, float] | None:
    """Interval of macro-F1 at a two-sided level; None with too few clusters.

    Its variance is the jackknife's over clusters (Efron 1982, ch. 3); that makes an effective number of units (Korn and
    Graubard 1998), at which the interval of a share is taken. The number is never more than labels of so few clusters
    allow, even where every answer is right: L^2 over the sum of 1 / g for L labels that g clusters hold each.
    """
    hits, total = _by_cluster(labels, right, predictions, clusters)
    n = len(hits)
    if n < MIN_COMPANIES:
        return None
    whole = float(_mean_f1(hits.sum(axis=0), total.sum(axis=0)))
    left = _mean_f1(hits.sum(axis=0) - hits, total.sum(axis=0) - total)
    variance = float(((left - left.mean()) ** 2).sum()) * (n - 1) / n
    holding = (total > 0).sum(axis=0)
    holding = holding[holding > 0]
    worth = len(holding) ** 2 / float((1 / holding).sum()) if len(holding) else 1.0
    if variance:
        few = (normal_quantile((1 + level) / 2) / t_quantile((1 + level) / 2, n - 1)) ** 2
        worth = min(worth, whole * (1 - whole) / variance * few)
    interval = shares.of_worth(whole, max(worth, 1.0), level=level)
    return interval.low, interval.high


def _by_cluster(
    labels: Sequence[str], right: Sequence[str], predictions: Sequence[str | None], clusters: Sequence[Hashable] | None
) -> tuple[Counts, Counts]:
    """Count each label's hits, and its truths plus answers, in each cluster, (G, L) each.

    A whole table for each cluster would take gigabytes where labels are many.
    """
    number: dict[Hashable, int] = {}
    units = range(len(right)) if clusters is None else clusters
    index = np.array([number.setdefault(unit, len(number)) for unit in units], dtype=np.int64)
    truths, answers = _places(labels, right, predictions)
    hits, total = (np.zeros((len(number), len(labels) + 1), dtype=np.int64) for _ in range(2))
    is_hit = truths == answers
    np.add.at(hits, (index[is_hit], truths[is_hit]), 1)
    np.add.at(total, (index, truths), 1)
    np.add.at(total, (index, answers), 1)
    return hits[:, :-1], total[:, :-1]


def _places(labels: Sequence[str], right: Sequence[str], predictions: Sequence[str | None]) -> tuple[Counts, Counts]:
    """Return the place of each right and each predicted label, (N,) each.

    One past the last for an answer that names none.
    """
    place = {label: at for at, label in enumerate(labels)}
    none = len(labels)
    answers = [none if answer is None else place.get(answer, none) for answer in predictions]
    return np.array([place[truth] for truth in right], dtype=np.int64), np.array(answers, dtype=np.int64)


def set_f1(right: Sequence[str], predictions: Sequence[str]) -> float:
    """F1 of a set of labels or phrases against the right one; 1 where both are empty."""
    truth, answer = set(right), set(predictions)
    return 2 * len(truth & answer) / (len(truth) + len(answer)) if truth or answer else 1.0
