"""Where a score may decide alone: the threshold above which no more than a bounded share is wrong, with a stated confidence.

Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2025, Annals of Applied Statistics 19(2)): each threshold is a
null hypothesis *more than the bound is wrong above it*, tested by the exact binomial tail, in a fixed sequence from the
strictest on until one is not rejected (Maurer, Hothorn and Lehmacher 1995). No threshold that is returned breaks the bound
but with the stated chance, however many were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np

from stats.intervals.distributions import beta_quantile, binomial_chances

LEVEL = 0.95
# How many times the bound may be wrong, of which an audit looks for evidence.
_TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class SafeThreshold:
    """A threshold above which the bound holds.

    Attributes:
        score: What scores so much or more may be decided by the score.
        wrong: Of those with a known answer that score so much, how many were wrong; `of` how many there were.
    """

    score: float
    wrong: int
    of: int


def fewest(bound: float, *, level: float = LEVEL) -> int:
    """How many known answers above a threshold are needed at least, if none of them is wrong: (1 - bound)^n <= 1 - level.

    Raises:
        ValueError: A bound or level outside 0 to 1.
    """
    _check(bound, level)
    return ceil(log(1 - level) / log(1 - bound))


def binomial_p(wrong: int, of: int, bound: float) -> float:
    """Chance of so few wrong ones or fewer among `of`, if the bound were just broken: the p-value of *more than the bound*."""
    return min(1.0, float(binomial_chances(of, bound)[: wrong + 1].sum()))


def safe_threshold(
    scores: Sequence[float], wrong: Sequence[bool], *, bound: float, level: float = LEVEL, steps: int = 20
) -> SafeThreshold | None:
    """The lowest threshold above which the bound is shown to hold.

    Args:
        scores: Of a random sample with known answers, how sure the judge is that each is right, (N,); equal scores are never parted.
        wrong: Whether each is wrong, (N,).
        bound: The greatest share of wrong ones, 0 to 1 and neither.
        level: Confidence that no more are wrong.
        steps: How many thresholds are tried at most, evenly by rank from the strictest that could show anything.

    Returns:
        The threshold, or None where the strictest one shows nothing: too few known answers, or too many wrong.

    Raises:
        ValueError: A bound or level outside 0 to 1, or lists of different lengths.
    """
    _check(bound, level)
    if len(scores) != len(wrong):
        raise ValueError("Each score needs its answer.")
    given, errs = np.asarray(scores, dtype=float), np.asarray(wrong, dtype=bool)
    found: SafeThreshold | None = None
    for count in _ranks(fewest(bound, level=level), len(given), steps):
        score = float(np.sort(given)[len(given) - count])
        above = given >= score
        tried = SafeThreshold(score, int(errs[above].sum()), int(above.sum()))
        if binomial_p(tried.wrong, tried.of, bound) > 1 - level:
            break
        found = tried
    return found


def least_share(wrong: int, of: int, *, level: float = LEVEL) -> float:
    """What share at least is wrong, one-sided and exact (Clopper and Pearson 1934): above a bound, the bound is broken."""
    return beta_quantile(1 - level, wrong, of - wrong + 1) if wrong else 0.0


def spent(attempt: int, *, level: float = LEVEL) -> float:
    """Confidence of the n-th try, so that all tries together err with a chance of at most 1 - level: 1 / (n (n + 1)) of it is spent on each.

    Raises:
        ValueError: No such try.
    """
    if attempt < 1:
        raise ValueError("Tries are counted from one.")
    return 1 - (1 - level) / (attempt * (attempt + 1))


def further_needed(wrong: int, of: int, bound: float, *, level: float = LEVEL) -> int:
    """How many known answers more, all of them right, would bear the bound out.

    Raises:
        ValueError: A bound or level outside 0 to 1.
    """
    _check(bound, level)
    more = 0
    while binomial_p(wrong, of + more, bound) > 1 - level:
        more += 1
    return more


def is_broken(wrong: int, of: int, bound: float, *, level: float = LEVEL) -> bool:
    """Whether a random sample shows that more than the bound is wrong; it may be looked at after each answer.

    The evidence is the mean of likelihood ratios of a few greater shares against the bound. Where no more than the bound is
    wrong it has a mean of 1 at most after every answer, so it ever reaches 1 / (1 - level) with a chance of 1 - level at
    most (Ville 1939; Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49(2)).

    Raises:
        ValueError: A bound or level outside 0 to 1.
    """
    _check(bound, level)
    shares = [share for times in _TIMES if (share := bound * times) < 1] or [(1 + bound) / 2]
    ratios = [wrong * log(share / bound) + (of - wrong) * log((1 - share) / (1 - bound)) for share in shares]
    return float(np.logaddexp.reduce(ratios)) - log(len(ratios)) >= -log(1 - level)


def _ranks(first: int, last: int, steps: int) -> list[int]:
    """Numbers of the highest scores that are looked at; chosen before any answer is seen."""
    if first > last:
        return []
    return sorted({round(rank) for rank in np.linspace(first, last, max(1, steps))})


def _check(bound: float, level: float) -> None:
    if not (0 < bound < 1 and 0 < level < 1):
        raise ValueError("A bound and a level lie between 0 and 1.")
