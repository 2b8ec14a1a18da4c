"""Strengths of several by comparisons of two (Bradley and Terry 1952, Biometrika 39), told as chances to be preferred.

The chance that i is preferred to j is 1 / (1 + exp(s_j - s_i)). A tie is half a win for each, so a chance is that of a
win plus half of that of a tie; no chance of a tie is modelled. The fit is then a quasi-likelihood, and its errors are
the robust ones of Liang and Zeger (1986, Biometrika 73), clustered by what was compared, since answers about one record
resemble each other.

A strength is finite only among those of whom each beat each other, if by a chain of others (Ford 1957, American
Mathematical Monthly 64). One that never lost against the rest is not rated: it is said that it always won. Of two that
no chain joins nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stats.intervals import always_valid
from stats.intervals.distributions import Floats, Ints

# As for every mean over clusters: fewer say nothing of the spread between them.
FEWEST_CLUSTERS: Final = 3
STEPS, CLOSE = 100, 1e-10


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of two: the first scores 1 if preferred, 0 where the second is, and between them for ties."""

    first: int
    second: int
    score: float
    cluster: Hashable
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class RelativeStrength:
    """Strength of one item relative to the reference.

    Attributes:
        chance: To be preferred to the reference, ties as halves; 1 or 0 where it won or lost always, None where no
            chain of comparisons joins the two.
        low: Lower end; None where there is no interval.
        high: Upper end.
        is_finite: Whether the strength is a finite number, so that `chance` is an estimate and not a bound.
    """

    chance: float | None
    low: float | None = None
    high: float | None = None
    is_finite: bool = False


def relative_strengths(
    comparisons: Sequence[Comparison], count: int, reference: int, *, tuned_for: float
) -> list[RelativeStrength]:
    """Return the strength of each item relative to the reference, with always-valid intervals.

    Args:
        comparisons: All that were made; those of weight 0 are left out.
        count: How many are compared; they are numbered from 0.
        reference: The one that the others are told against; its own chance is one half.
        tuned_for: The number of clusters at which the intervals are narrowest (`always_valid`).

    Returns:
        One for each, in their order.
    """
    weighted = [each for each in comparisons if each.weight > 0]
    wins = _beaten(weighted, count)
    rated = [each for each in range(count) if wins[each, reference] and wins[reference, each]]
    inside = [each for each in weighted if each.first in rated and each.second in rated]
    results = [_unrated(bool(wins[each, reference]), bool(wins[reference, each])) for each in range(count)]
    results[reference] = RelativeStrength(0.5, is_finite=True)
    others = [each for each in rated if each != reference]
    if not others:
        return results
    order = [reference, *others]
    strengths = fit(inside, order)
    errors, clusters = _errors(inside, order, strengths)
    for place, each in enumerate(others):
        results[each] = _with_interval(strengths[place + 1], errors[place], clusters, tuned_for)
    return results


def fit(comparisons: Iterable[Comparison], order: Sequence[int]) -> Floats:
    """Strengths by maximum likelihood, 0 for the first of `order`, by Newton's steps, halved where they overshoot.

    Args:
        comparisons: Among those of `order` alone; each beat each other, if by a chain.

    Returns:
        Log strengths in that order, (K,).
    """
    first, second, score, weight = _columns(comparisons, order)
    strengths = np.zeros(len(order))
    before = _likelihood(strengths, first, second, score, weight)
    for _ in range(STEPS):
        gradient, curvature = _slopes(strengths, first, second, score, weight)
        step = np.concatenate([[0.0], np.linalg.solve(curvature[1:, 1:], gradient[1:])])
        after = _likelihood(strengths + step, first, second, score, weight)
        while after < before and np.abs(step).max() > CLOSE:
            step = step / 2
            after = _likelihood(strengths + step, first, second, score, weight)
        strengths, before = strengths + step, after
        if np.abs(step).max() < CLOSE:
            break
    return strengths


def _beaten(comparisons: Iterable[Comparison], count: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the transitive closure of wins and part wins, (K, K), by Warshall's algorithm. The diagonal is True."""
    beat = np.eye(count, dtype=bool)
    for each in comparisons:
        beat[each.first, each.second] |= each.score > 0
        beat[each.second, each.first] |= each.score < 1
    for middle in range(count):
        beat |= beat[:, [middle]] & beat[[middle], :]
    return beat


def _unrated(won: bool, lost: bool) -> RelativeStrength:
    return RelativeStrength(None if won == lost else float(won))


def _columns(comparisons: Iterable[Comparison], order: Sequence[int]) -> tuple[Ints, Ints, Floats, Floats]:
    place = {each: number for number, each in enumerate(order)}
    rows = [(place[each.first], place[each.second], each.score, each.weight) for each in comparisons]
    table = np.array(rows, dtype=float).reshape(-1, 4)
    return table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], table[:, 3]


def _likelihood(strengths: Floats, first: Ints, second: Ints, score: Floats, weight: Floats) -> float:
    gap = strengths[first] - strengths[second]
    return float(np.sum(weight * (score * gap - np.logaddexp(0.0, gap))))


def _slopes(strengths: Floats, first: Ints, second: Ints, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Gradient (K,) of the log-likelihood, and its curvature with the sign turned, (K, K)."""
    chance = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    gradient, curvature = np.zeros(len(strengths)), np.zeros((len(strengths), len(strengths)))
    pull, bend = weight * (score - chance), weight * chance * (1 - chance)
    np.add.at(gradient, first, pull)
    np.add.at(gradient, second, -pull)
    for row, column, sign in ((first, first, 1), (second, second, 1), (first, second, -1), (second, first, -1)):
        np.add.at(curvature, (row, column), sign * bend)
    return gradient, curvature


def _errors(comparisons: Sequence[Comparison], order: Sequence[int], strengths: Floats) -> tuple[Floats, int]:
    """Robust standard errors of all but the first, (K - 1,), by the factor G / (G - 1); and the cluster count G."""
    first, second, score, weight = _columns(comparisons, order)
    _, curvature = _slopes(strengths, first, second, score, weight)
    names = {each.cluster: number for number, each in enumerate({each.cluster: each for each in comparisons}.values())}
    rows = np.array([names[each.cluster] for each in comparisons])
    pull = weight * (score - 1 / (1 + np.exp(strengths[second] - strengths[first])))
    pulls = np.zeros((len(names), len(order)))
    np.add.at(pulls, (rows, first), pull)
    np.add.at(pulls, (rows, second), -pull)
    # What is left where a cluster's answers balance is rounding, or where the fit stopped.
    pulls[np.abs(pulls) <= CLOSE * weight.max()] = 0.0
    bread = np.linalg.inv(curvature[1:, 1:])
    spread = bread @ (pulls[:, 1:].T @ pulls[:, 1:]) @ bread
    factor = len(names) / max(1, len(names) - 1)
    return np.sqrt(factor * np.diag(spread)), len(names)


def _with_interval(strength: float, error: float, clusters: int, tuned_for: float) -> RelativeStrength:
    chance = _chance(strength)
    if clusters < FEWEST_CLUSTERS or not error > 0:
        return RelativeStrength(chance, is_finite=True)
    reach = always_valid.halfwidth(error, clusters, tuned_for=tuned_for, df=clusters - 1)
    return RelativeStrength(chance, _chance(strength - reach), _chance(strength + reach), is_finite=True)


def _chance(strength: float) -> float:
    return 1 / (1 + math.exp(-strength)) if strength > -700 else 0.0
