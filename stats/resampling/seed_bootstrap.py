"""Draws of mean losses over what could have come out otherwise: which records were scored, and which seeds were run.

A bootstrap over records (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13) with the noise of
seeds added to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def draws(
    cells: Sequence[Array],
    *,
    count: int,
    seed: int,
    clusters: Sequence[int] | None = None,
    seedless: Sequence[int] = (),
) -> Array:
    """Draws of the mean loss of each group of cells, over records and over seeds.

    Records are drawn with replacement, the same for every cell, since all cells are scored on the same ones. A
    bootstrap over two or three seeds would be far too narrow, so their noise is drawn from a normal distribution
    instead: its variance is the pooled one of cells around their group's mean, `v` with `f` degrees of freedom, itself
    drawn as `v * f / chi2(f)`, which makes the interval of a difference of groups Student's. The noise is taken to be
    alike in all groups and independent between cells; docs/studies.md has the measured coverage, also where it is not.

    Args:
        cells: For each group, a size or an arm, the losses of its seeds by record, (S_k, R); R is the same for all.
        clusters: Of each record the company it is of, where companies are drawn whole; None draws records.
        seedless: Places of groups that no run made, such as rules: they have no noise of seeds.

    Returns:
        Mean losses, (count, K).

    Raises:
        ValueError: No group has two seeds, so nothing is known of the noise between them.
    """
    chance = np.random.default_rng(seed)
    weights = _weights(chance, cells[0].shape[1], clusters, count)
    means = np.stack([weights @ cell.mean(axis=0) for cell in cells], axis=1)
    variance, freedom = pooled_variance(cells)
    deviation = np.sqrt(variance * freedom / chance.chisquare(freedom, size=(count, 1)))
    seeds = np.array([len(cell) for cell in cells])
    noise = deviation * chance.standard_normal((count, len(cells))) / np.sqrt(seeds)
    noise[:, list(seedless)] = 0.0
    return np.asarray(means + noise)


def _weights(chance: np.random.Generator, records: int, clusters: Sequence[int] | None, count: int) -> Array:
    """The weight of each record in each draw (count, R); rows add up to one."""
    if clusters is None:
        return chance.multinomial(records, np.full(records, 1 / records), size=count) / records
    whole, of_record = np.unique(np.asarray(clusters), return_inverse=True)
    drawn = chance.multinomial(len(whole), np.full(len(whole), 1 / len(whole)), size=count)[:, of_record]
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def pooled_variance(cells: Sequence[Array]) -> tuple[float, int]:
    """Variance between seeds, pooled over groups, and its degrees of freedom.

    Raises:
        ValueError: No group has two seeds.
    """
    means = [cell.mean(axis=1) for cell in cells]
    freedom = sum(len(values) - 1 for values in means)
    if not freedom:
        raise ValueError("no group has two seeds, so the noise between seeds is unknown")
    return sum(float(((values - values.mean()) ** 2).sum()) for values in means) / freedom, freedom


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of draws, of 95 % unless told."""
    outside = (1 - level) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return float(low), float(high)
