"""Exact paired test of the hypothesis that one of two systems is *at least the margin worse*, on binary verdicts.

A unit is *lost* where only the reference passes, *won* where only the other one does. The loss is the share lost less
the share won. Units have to be independent: of a cluster, such as a company, one unit is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np

from stats.intervals.distributions import Floats, beta_quantile, binomial_chances, normal_quantile
from stats.intervals.incomplete_beta import binomial_cdf, binomial_chance
from stats.risk_control import LEVEL, fewest

POWER: Final = 0.8
# Chance that the share of discordant pairs lies outside its interval; it is added to the p-value (Berger and Boos
# 1994).
_OUTSIDE: Final = 0.001
_NUISANCES: Final = 40
_TAIL: Final = 1e-7
# An outcome as rare as this is left out: all of them together are far below `_TAIL`.
_NOTHING: Final = 1e-13
# Numbers of discordant pairs at which the most losses are searched, and the least power a search steps from.
_PLACES: Final = 121
# So many pairs take a second to search; of more the formula falls short by less than one in fifty (at 3,092 it wants
# 3,123).
_SEARCHED_UP_TO: Final = 2_000
_BEYOND_IT: Final = 1.02
# Numbers of discordant pairs as rare as this count as if they showed nothing.
_RARE: Final = 1e-4
_LEAST_POWER: Final = 0.1


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Verdicts on pairs: `lost` where only the reference passes, `won` where only the other does, of `of` in all."""

    lost: int
    won: int
    of: int

    @property
    def loss(self) -> float:
        """The share lost less the share won."""
        return (self.lost - self.won) / self.of

    @property
    def discordance(self) -> float:
        """Share of pairs with two different verdicts."""
        return (self.lost + self.won) / self.of


def count(losses: Sequence[int]) -> PairCounts:
    """Counts of losses of 1 (lost), -1 (won) and 0 (the same verdict), each of one unit."""
    return PairCounts(sum(loss > 0 for loss in losses), sum(loss < 0 for loss in losses), len(losses))


@lru_cache(maxsize=256)
def pairs_needed(margin: float, discordance: float, *, level: float = LEVEL, power: float = POWER) -> int:
    """Return the number of pairs that shows a loss below the margin with this power, where truly nothing is lost.

    The usual size of a paired test of non-inferiority (Liu, Hsueh, Hsieh and Chen 2002, Statistics in Medicine 21(2))
    is where the search begins: that formula is of the score's limit, and `p_value` asks for more. It goes on until
    `chance_shown` reaches the power. Never fewer than show it where no pair differs. A second at most, and kept: beyond
    2,000 pairs the formula's number and one in fifty more.

    Raises:
        ValueError: A margin, level or power outside 0 to 1, or a discordance outside it.
    """
    if not (0 <= discordance <= 1 and 0 < power < 1):
        raise ValueError("A discordance and a power must be between 0 and 1.")
    share, floor = max(discordance, margin), fewest(margin, level=level)
    reach = normal_quantile(level) + normal_quantile(power)
    pairs = max(floor, ceil(reach**2 * share / margin**2))
    if pairs > _SEARCHED_UP_TO:
        return ceil(pairs * _BEYOND_IT)
    while (chance := chance_shown(pairs, margin, share, level=level)) < power:
        # What the power is short of, taken from the formula; at least one in a hundred more.
        reached = normal_quantile(level) + normal_quantile(max(chance, _LEAST_POWER))
        pairs = max(pairs + ceil(pairs / 100), ceil(pairs * (reach / reached) ** 2))
    return pairs


def chance_shown(pairs: int, margin: float, discordance: float, *, level: float = LEVEL) -> float:
    """Chance that so many pairs show a loss below the margin, where truly nothing is lost: the power of `p_value`.

    The number of discordant pairs is binomial, and each of them is lost or won by a coin. How many may be lost at most
    is searched at up to `_PLACES` numbers of discordant pairs and drawn straight between them, rounded.
    """
    chances = binomial_chances(pairs, discordance)
    first, last = (_place(tail, pairs, discordance) for tail in (_RARE, 1 - _RARE))
    places = np.unique(np.linspace(first, last, min(_PLACES, last - first + 1)).round().astype(int))
    most: list[int] = []
    for place in places.tolist():
        most.append(_most_shown(pairs, place, margin, level, start=most[-1] if most else place // 2))
    discordant = np.arange(first, last + 1, dtype=np.float64)
    allowed = np.floor(np.interp(discordant, places, most) + 0.5)
    return float(np.dot(chances[first : last + 1], binomial_cdf(allowed, discordant, 0.5)))


def _most_shown(pairs: int, discordant: int, margin: float, level: float, *, start: int) -> int:
    """Return how many of the discordant pairs may be lost at most; -1 where even none shows nothing.

    The search begins near `start`.
    """

    def is_shown(lost: int) -> bool:
        return p_value(PairCounts(lost, discordant - lost, pairs), margin) <= 1 - level

    low, high, step = -1, discordant + 1, 1
    probe = min(max(start, 0), discordant)
    while high - low > 1:
        if is_shown(probe):
            low, target = probe, probe + step
        else:
            high, target = probe, probe - step
        # Widening steps until both sides are known, halves between them.
        is_between = low >= 0 and high <= discordant
        step *= 2
        probe = (low + high) // 2 if is_between or not low < target < high else target
    return low


def p_value(counts: PairCounts, margin: float) -> float:
    """Chance of so small a loss or a smaller one, if the loss were just the margin.

    Exact, whatever share of pairs differs.

    Outcomes are ordered by the score statistic of Tango (1998, Statistics in Medicine 17(8)); the p-value is the
    greatest over the shares of discordant pairs in their exact interval, which costs .001 (Berger and Boos 1994, JASA
    89(427)).

    Raises:
        ValueError: There is no pair, the counts do not fit, or the margin lies outside 0 to 1.
    """
    lost, won, n = counts.lost, counts.won, counts.of
    if not (0 < margin < 1 and n > 0 and min(lost, won) >= 0 and lost + won <= n):
        raise ValueError("A p-value needs pairs, counts that fit and a margin between 0 and 1.")
    score = float(_score(np.array([float(lost)]), np.array([float(won)]), n, margin)[0])
    low, high = _discordance_interval(lost + won, n)
    nuisances = np.linspace(max(margin, low), max(margin, high), _NUISANCES)
    return min(1.0, float(_tails(score, n, margin, nuisances).max()) + _OUTSIDE)


def _tails(score: float, n: int, margin: float, shares: Floats) -> Floats:
    """Chance of a score of `score` or less where the loss is the margin, for each share of discordant pairs, (S,)."""
    p_lost, p_won = (shares + margin) / 2, (shares - margin) / 2
    wins = np.arange(_place(_TAIL, n, p_won.min()), _place(1 - _TAIL, n, p_won.max()) + 1, dtype=np.float64)
    chances = binomial_chance(wins, n, p_won[:, None])  # (S, wins)
    most, p_lost_of_rest = _most_lost(score, wins, n, margin), np.minimum(1.0, p_lost / (1 - p_won))
    counts = chances > _NOTHING
    tails = np.zeros_like(chances)
    tails[counts] = binomial_cdf(
        *(np.broadcast_to(each, chances.shape)[counts] for each in (most, n - wins, p_lost_of_rest[:, None]))
    )
    summed: Floats = (chances * tails).sum(axis=1) + 2 * _TAIL
    return summed


def _place(tail: float, n: int, p: float) -> int:
    """The least number of successes of n that leaves at most 1 - tail above it."""
    return min(int(np.searchsorted(np.cumsum(binomial_chances(n, p)), tail)), n)


def _most_lost(score: float, wins: Floats, n: int, margin: float) -> Floats:
    """For each count of wins the most losses with a score of `score` or less, -1 where there is none.

    By halving, as the score rises with losses.
    """
    low, high = np.full_like(wins, -1.0), n - wins
    while np.any(low < high):
        middle = np.ceil((low + high) / 2)
        within = _score(middle, wins, n, margin) <= score + 1e-9
        low, high = np.where(within, middle, low), np.where(within, high, middle - 1)
    return low


def _score(lost: Floats, won: Floats, n: int, margin: float) -> Floats:
    """Tango's score of each pair of counts; the variance is that under a loss of just the margin."""
    lost, won = lost.astype(float), won.astype(float)
    b = -lost - won + (2 * n - lost + won) * margin
    p_won = (np.sqrt(np.maximum(b * b + 8 * n * won * margin * (1 - margin), 0.0)) - b) / (4 * n)
    variance = n * (2 * p_won + margin * (1 - margin))
    return (lost - won - n * margin) / np.sqrt(np.maximum(variance, 1e-12))


def _discordance_interval(discordant: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's interval of the share of discordant pairs, wrong with a chance of at most `_OUTSIDE`."""
    low = beta_quantile(_OUTSIDE / 2, discordant, n - discordant + 1) if discordant else 0.0
    high = beta_quantile(1 - _OUTSIDE / 2, discordant + 1, n - discordant) if discordant < n else 1.0
    return low, high
