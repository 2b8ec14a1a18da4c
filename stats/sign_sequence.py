"""Always-valid test of which of two is preferred, for a look after each vote.

Votes are independent, and ties decide nothing. Of those that decide, a share p goes to the first. Evidence against a p
is a likelihood ratio: the votes' likelihood, p drawn from Beta(a, a), over their likelihood at that p. At the true p
its mean is 1 after every vote, so it ever reaches 1/error with a chance of at most `error` (Ville 1939; Robbins 1970,
Annals of Mathematical Statistics 41(5); Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49(2)). No
number of votes is too small, and no rule for when to stop breaks it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from stats.intervals.distributions import Floats, log_beta

# The a of Beta(a, a): with 2, shares from .6 to .9 all need at most a tenth more votes than with the best a for each.
CONCENTRATION: Final = 2.0
POWER: Final = 0.8
NEAR: Final = 1e-12
HALVINGS: Final = 50


def log_evidence(wins: float, losses: float, share: float = 0.5) -> float:
    """Natural logarithm of the evidence that not just this share of the votes that decide goes to the first.

    Raises:
        ValueError: If a count is negative, or the share is not between 0 and 1.
    """
    if wins < 0 or losses < 0 or not 0 < share < 1:
        raise ValueError("Counts are 0 or more, and a share must be between 0 and 1.")
    mixed = log_beta(CONCENTRATION + wins, CONCENTRATION + losses) - log_beta(CONCENTRATION, CONCENTRATION)
    return mixed - wins * math.log(share) - losses * math.log(1 - share)


def is_clear(wins: float, losses: float, *, error: float) -> bool:
    """Return whether the votes show a preference: the evidence against one half has reached 1/error."""
    return log_evidence(wins, losses) >= -math.log(error)


def interval(wins: float, losses: float, *, error: float) -> tuple[float, float]:
    """All shares that the evidence does not speak against; they leave out one half just where `is_clear` holds.

    Returns:
        Lowest and highest share. At all looks together they hold the truth with a chance of at least 1 - error.
    """
    bound, decided = -math.log(error), wins + losses
    if not decided:
        return 0.0, 1.0

    def excess(share: float) -> float:
        return log_evidence(wins, losses, share) - bound

    best = min(max(wins / decided, NEAR), 1 - NEAR)
    low = 0.0 if excess(NEAR) < 0 else _crossing(excess, NEAR, best)
    high = 1.0 if excess(1 - NEAR) < 0 else _crossing(excess, 1 - NEAR, best)
    return low, high


def chances_clear(share: float, at_most: int, *, error: float) -> Floats:
    """Chance that the first has been shown to be preferred by the n-th vote that decides.

    Args:
        share: Of the votes that decide, how many go to the first.
        at_most: N, the last vote looked at.
        error: As of `is_clear`; it looks after each vote and stops where it holds, whichever way.

    Returns:
        The chances, (N,), exact but for rounding.
    """
    alive, reached, so_far = np.ones(1), np.zeros(at_most), 0.0
    # Logarithms of the gamma function at a + w; the evidence after n votes is read from them.
    gammas = np.array([math.lgamma(CONCENTRATION + wins) for wins in range(at_most + 1)])
    bound = -math.log(error) + log_beta(CONCENTRATION, CONCENTRATION)
    for n in range(1, at_most + 1):
        alive = np.append(alive * (1 - share), 0.0) + np.insert(alive * share, 0, 0.0)
        mixed = gammas[: n + 1] + gammas[n::-1] - math.lgamma(2 * CONCENTRATION + n)
        stopped = mixed + n * math.log(2) >= bound
        so_far += float(alive[stopped & (2 * np.arange(n + 1) > n)].sum())
        reached[n - 1] = so_far
        alive = np.where(stopped, 0.0, alive)
    return reached


def votes_needed(share: float, *, error: float, at_most: int, power: float = POWER) -> int | None:
    """Return how many decisive votes show a preference with a chance of `power`; None where `at_most` do not."""
    enough = np.flatnonzero(chances_clear(share, at_most, error=error) >= power)
    return int(enough[0]) + 1 if enough.size else None


def least_share(votes: int, *, error: float, power: float = POWER) -> float | None:
    """The least share (to a hundredth) that so many votes which decide show with a chance of `power`.

    None where none is.
    """
    shares = range(51, 100)
    if votes < 1 or chances_clear(0.99, votes, error=error)[-1] < power:
        return None
    low, high = shares[0], shares[-1]
    while low < high:
        middle = (low + high) // 2
        is_enough = chances_clear(middle / 100, votes, error=error)[-1] >= power
        low, high = (low, middle) if is_enough else (middle + 1, high)
    return low / 100


def _crossing(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Find by bisection the share, between a rejected one and one that is not, at which the excess changes sign."""
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if excess(middle) >= 0 else (outside, middle)
    return outside
