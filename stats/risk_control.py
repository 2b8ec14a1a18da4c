"""Where a score may decide alone: the threshold above which no more than a bounded share is wrong, with a stated confidence.

Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2025, Annals of Applied Statistics 19(2)): each threshold is a
null hypothesis *more than the bound is wrong above it*, tested by the exact binomial tail, in a fixed sequence from the
strictest on until one is not rejected (Maurer, Hothorn and Lehmacher 1995). No threshold that is returned breaks the bound
but with the stated chance, however many were looked at. Where known answers were drawn oftener at some scores than at others,
they are thinned by lot to what is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from stats.intervals.distributions import beta_quantile, binomial_chances

LEVEL = 0.95
# How many times the bound may be wrong, of which an audit looks for evidence.
_TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class SafeThreshold:
    """A threshold above which the bound holds.

    Attributes:
        score: What scores so much or more may be decided by the score.
        wrong: Of those with a known answer that score so much, how many were wrong; `of` how many there were. Both after
            thinning.
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
    scores: Sequence[float],
    wrong: Sequence[bool],
    *,
    bound: float,
    level: float = LEVEL,
    steps: int = 20,
    among: Sequence[float] | None = None,
) -> SafeThreshold | None:
    """The lowest threshold above which the bound is shown to hold.

    Args:
        scores: Of a sample with known answers, how sure the judge is that each is right, (N,); equal scores are never parted.
        wrong: Whether each is wrong, (N,).
        bound: The greatest share of wrong ones, 0 to 1 and neither.
        level: Confidence that no more are wrong.
        steps: How many thresholds are tried at most, evenly by rank from the strictest that could show anything.
        among: Scores of all that a threshold decides over, the sample's among them, (M,), where the sample was drawn oftener at
            some scores than at others and by lot among like ones. Between two thresholds half as many answers lie as the
            strictest needs, or more, and so many of them count as make each score's part what it is here. None where the
            sample is a random one.

    Returns:
        The threshold, or None where the strictest one shows nothing: too few known answers, or too many wrong.

    Raises:
        ValueError: A bound or level outside 0 to 1, lists of different lengths, or a sample that is not among all.
    """
    _check(bound, level)
    if len(scores) != len(wrong):
        raise ValueError("Each score needs its answer.")
    given, errs = np.asarray(scores, dtype=float), np.asarray(wrong, dtype=bool)
    needed = fewest(bound, level=level)
    if among is not None:
        steps = min(steps, 1 + max(0, len(given) - needed) // ceil(needed / 2))
    by_lot, everyone = np.random.default_rng(0).permutation(len(given)), np.asarray(among, dtype=float)
    found: SafeThreshold | None = None
    strata: list[_Stratum] = []
    stricter = np.inf
    for count in _ranks(needed, len(given), steps):
        score = float(np.sort(given)[len(given) - count])
        here = by_lot[(given[by_lot] >= score) & (given[by_lot] < stricter)]
        if among is None:
            strata.append(_Stratum(here, len(here)))
        else:
            strata.append(_Stratum(here, int(((everyone >= score) & (everyone < stricter)).sum())))
        counted = errs[_in_proportion(strata)]
        if binomial_p(int(counted.sum()), len(counted), bound) > 1 - level:
            break
        found, stricter = SafeThreshold(score, int(counted.sum()), len(counted)), score
    return found


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Places of the known answers between two thresholds, in the order of a lot, and how many are decided there."""

    known: NDArray[np.intp]
    of: int


def _in_proportion(strata: Sequence[_Stratum]) -> NDArray[np.intp]:
    """So many known answers of each stratum, by lot, that all strata are drawn from at the same rate: that of the rarest."""
    if any(len(stratum.known) > stratum.of for stratum in strata):
        raise ValueError("The sample has to be among all that is decided.")
    rate = min((len(stratum.known) / stratum.of for stratum in strata if stratum.of), default=1.0)
    # What is rounded down leaves a sample of that rate or a smaller one.
    return np.concatenate([stratum.known[: int(stratum.of * rate + 1e-9)] for stratum in strata])


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
