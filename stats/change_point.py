"""Change-point test of a monthly share: the largest likelihood ratio over all places to cut.

Months are cut in two, each part with a share of its own, against one share for all. What the largest ratio is worth is
told by a permutation test: under no change any order of the clusters over their places is as likely, so the p-value is
the share of seeded orders whose largest ratio is at least as large (Phipson and Smyth 2010, Stat. Appl. Genet. Mol.
Biol. 9(1): the order that was seen counts as one). Looking for the best cut needs no further correction: every order is
searched alike. For the ratio: Worsley 1983, Biometrika 70(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS: Final = 999
AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The best cut of a row of months.

    Attributes:
        first_after: Index of the first month after it.
        share_before: Successes of units before, 0 to 1; likewise `share_after`.
        ratio: Twice the log of the likelihood ratio.
        p_value: Of no change at all.
    """

    first_after: int
    share_before: float
    share_after: float
    ratio: float
    p_value: float


def change_point(
    months: Sequence[int],
    successes: Sequence[int],
    sizes: Sequence[int],
    *,
    seed: int,
    draws: int = DRAWS,
) -> ChangePoint | None:
    """The most likely change of a share over months, and how likely one as clear is without any.

    Args:
        months: Of each cluster (the units of one company in one month), the index of its month from 0.
        successes: Of each cluster, units that succeeded.
        sizes: Of each cluster, all units; at least one.
        seed: Of the orders that are drawn; the same seed gives the same answer.

    Returns:
        None where nothing could be seen: fewer than two months with units, or all units did the same.

    Raises:
        ValueError: The rows differ in length, a size is below 1, or successes exceed it.
    """
    month, total, size = (np.asarray(row, dtype=np.int64) for row in (months, successes, sizes))
    if not len(month) == len(total) == len(size):
        raise ValueError("Months, successes and sizes are of the same clusters: their rows must be equally long.")
    if (size < 1).any() or (total < 0).any() or (total > size).any():
        raise ValueError("A cluster has at least one unit, and from none to all of them succeed.")
    if len(np.unique(month)) < 2 or total.sum() in (0, size.sum()):
        return None
    count = int(month.max()) + 1
    ratios = _ratios(_by_month(total, month, count), _by_month(size, month, count))
    cut = int(ratios.argmax())
    larger = _count_larger(month, total, size, float(ratios[cut]), np.random.default_rng(seed), draws)
    before = month <= cut
    return ChangePoint(
        first_after=int(month[~before].min()),
        share_before=float(total[before].sum() / size[before].sum()),
        share_after=float(total[~before].sum() / size[~before].sum()),
        ratio=float(ratios[cut]),
        p_value=(1 + larger) / (1 + draws),
    )


def _count_larger(month: Ints, total: Ints, size: Ints, observed: float, rng: np.random.Generator, draws: int) -> int:
    kinds, kind_of = np.unique(np.stack([total, size], axis=1), axis=0, return_inverse=True)
    alike, places, larger = np.bincount(kind_of.ravel()), np.bincount(month), 0
    # A thousand orders at a time: with many kinds of clusters all at once would not fit into memory.
    for first in range(0, draws, AT_ONCE):
        counts = _kinds_by_month(alike, places, rng, min(AT_ONCE, draws - first))
        largest = _ratios(counts @ kinds[:, 0], counts @ kinds[:, 1]).max(axis=-1)
        # Equal ratios differ by rounding only.
        larger += int((largest >= observed - 1e-9).sum())
    return larger


def _kinds_by_month(kinds: Ints, places: Ints, rng: np.random.Generator, draws: int) -> Floats:
    """Draw how many clusters of each kind a random order puts into each month, (draws, months, kinds).

    Clusters that are alike need not be told apart: month by month and kind by kind the count is hypergeometric, which
    costs the same for a hundred clusters and for a million.
    """
    counts = np.zeros((draws, len(places), len(kinds)))
    left = np.tile(kinds, (draws, 1))
    for at, open_places in enumerate(places):
        sample_sizes, others = np.full(draws, open_places), left.sum(axis=1)
        for kind in range(len(kinds)):
            others = others - left[:, kind]
            drawn = rng.hypergeometric(left[:, kind], others, sample_sizes)
            counts[:, at, kind] = drawn
            left[:, kind] -= drawn
            sample_sizes = sample_sizes - drawn
    return counts


def _by_month(values: Ints, month: Ints, count: int) -> Floats:
    return np.bincount(month, weights=values, minlength=count).astype(np.float64)


def _ratios(totals: Floats, sizes: Floats) -> Floats:
    """Twice the log likelihood ratio of each cut, (..., months - 1); 0 where a part has no units."""
    before_total, before_size = totals.cumsum(axis=-1)[..., :-1], sizes.cumsum(axis=-1)[..., :-1]
    total, size = totals.sum(axis=-1)[..., None], sizes.sum(axis=-1)[..., None]
    parts = _log_likelihood(before_total, before_size) + _log_likelihood(total - before_total, size - before_size)
    cut_in_two = (before_size > 0) & (before_size < size)
    return np.where(cut_in_two, 2 * (parts - _log_likelihood(total, size)), 0.0)


def _log_likelihood(total: Floats, size: Floats) -> Floats:
    """Binomial log-likelihood, with 0·log 0 = 0."""
    failed = size - total
    with np.errstate(divide="ignore", invalid="ignore"):
        won = np.where(total > 0, total * np.log(total / size), 0.0)
        lost = np.where(failed > 0, failed * np.log(failed / size), 0.0)
    return np.asarray(won + lost, dtype=np.float64)
