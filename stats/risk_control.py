"""Risk control of a score that decides alone: a test that at most a bounded share is wrong above a threshold.

The threshold is fixed before, so one hypothesis is tested: *more than the bound is wrong above it*. The evidence
against it is a mean of likelihood ratios, which may be looked at after each known answer at no cost (a test martingale:
Ville 1939; Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49(2)). Where answers were drawn oftener at
some scores than at others, so many of each part count as make its share what it is among all that is decided: by the
inequality of the arithmetic and geometric means the evidence of such a sample has no greater mean than that of a random
one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, inf, log

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
# Chances to err are told, not confidences: those of late tries are so small that 1 less them is 1.
ERROR = 1 - LEVEL
# Of the bound, shares that may be wrong where it holds: a likelihood ratio for each is evidence that it does.
_PARTS = (0.0, 0.05, 0.1, 0.25, 0.5)
# How many times the bound may be wrong, of which an audit looks for evidence.
_TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)
# Into how many parts what is decided is cut by its scores; within one, answers are taken as drawn by lot.
_STRATA = 3


def fewest(bound: float, *, level: float = LEVEL) -> int:
    """Return the fewest answers that a single look takes, if none of them is wrong: (1 - bound)^n <= 1 - level.

    Raises:
        ValueError: A bound or level outside 0 to 1.
    """
    _check(bound, level)
    return ceil(log(1 - level) / log(1 - bound))


def is_borne_out(wrong: int, of: int, bound: float, *, error: float = ERROR) -> bool:
    """Return whether answers show that no more than the bound is wrong; valid after each answer.

    Where more is wrong, the result is ever True with this chance to err at most.

    Raises:
        ValueError: A bound or error outside 0 to 1.
    """
    _check(bound, error)
    return _evidence(wrong, of, bound, [part * bound for part in _PARTS]) >= -log(error)


def is_broken(wrong: int, of: int, bound: float, *, error: float = ERROR) -> bool:
    """Return whether answers show that more than the bound is wrong; valid after each answer.

    Where no more is wrong, the result is ever True with this chance to err at most.

    Raises:
        ValueError: A bound or error outside 0 to 1.
    """
    _check(bound, error)
    shares = [share for times in _TIMES if (share := bound * times) < 1] or [(1 + bound) / 2]
    return _evidence(wrong, of, bound, shares) >= -log(error)


def further_needed(wrong: int, of: int, bound: float, *, error: float = ERROR) -> int:
    """Return the number of further answers, all of them right, that would bear the bound out.

    Raises:
        ValueError: A bound or error outside 0 to 1.
    """
    low, high = 0, 1
    while not is_borne_out(wrong, of + high - 1, bound, error=error):
        low, high = high, 2 * high
    # Each right answer is evidence for the bound.
    return bisect_left(range(high), True, low, key=lambda more: is_borne_out(wrong, of + more, bound, error=error))


def surest(scores: Sequence[float], share: float) -> float:
    """The score that so large a share reaches, or more where scores are equal: chosen before any answer is looked at.

    Raises:
        ValueError: No scores, or a share outside 0 to 1.
    """
    if not scores or not 0 < share <= 1:
        raise ValueError("Scores are needed, and a share above 0 and up to 1.")
    return float(np.sort(np.asarray(scores, dtype=float))[::-1][ceil(share * len(scores) - 1e-9) - 1])


def in_proportion(scores: Sequence[float], among: Sequence[float], threshold: float) -> NDArray[np.intp]:
    """Places of the answers that count above a threshold.

    Of each part as many, in their turn, as its share of all decided.

    Args:
        scores: Of the sample with known answers, in the order in which they became known, (N,).
        among: Scores of all that the threshold decides over, the sample's among them, (M,).
        threshold: The least score that counts.

    Returns:
        Places in `scores`, so many of each part that all are drawn from at the same rate, that of the rarest.

    Raises:
        ValueError: A sample that is not among all.
    """
    sample, everyone = np.asarray(scores, dtype=float), np.asarray(among, dtype=float)
    decided = np.sort(everyone[everyone >= threshold])[::-1]
    if not len(decided):
        return np.array([], dtype=np.intp)
    ends = np.ceil(np.arange(1, _STRATA + 1) * len(decided) / _STRATA).astype(int) - 1
    strata: list[tuple[NDArray[np.intp], int]] = []
    stricter = inf
    for score in sorted(set(decided[ends]), reverse=True):
        places = np.flatnonzero((sample >= score) & (sample < stricter))
        strata.append((places, int(((decided >= score) & (decided < stricter)).sum())))
        stricter = score
    if any(len(places) > of for places, of in strata):
        raise ValueError("The sample has to be among all that is decided.")
    rate = min(len(places) / of for places, of in strata)
    return np.concatenate([places[: int(of * rate + 1e-9)] for places, of in strata])


def spent(attempt: int, *, level: float = LEVEL, first: float | None = None) -> float:
    """Chance to err that the n-th try spends, so that all tries together err with a chance of at most 1 - level.

    Args:
        attempt: Counted from one.
        level: Confidence of all together.
        first: Part of what is left that each try spends, where one is nearly always enough; else the n-th spends
            1 / (n (n + 1)) of the whole.

    Raises:
        ValueError: No such try.
    """
    if attempt < 1:
        raise ValueError("Tries are counted from one.")
    part = 1 / (attempt * (attempt + 1)) if first is None else first * (1 - first) ** (attempt - 1)
    return (1 - level) * part


def _evidence(wrong: int, of: int, bound: float, shares: Sequence[float]) -> float:
    """Logarithm of the mean likelihood ratio of some shares against the bound.

    Its exponential has a mean of 1 at the bound.
    """
    right, ratios = of - wrong, []
    for share in shares:
        if wrong and not share:
            ratios.append(-inf)
        else:
            ratios.append((wrong * log(share / bound) if wrong else 0.0) + right * log((1 - share) / (1 - bound)))
    return float(np.logaddexp.reduce(ratios)) - log(len(ratios))


def _check(bound: float, chance: float) -> None:
    if not (0 < bound < 1 and 0 < chance < 1):
        raise ValueError("A bound and a level or error must be between 0 and 1.")
