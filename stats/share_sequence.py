"""Always-valid test of whether a share has passed a limit, for a look after each unit.

Evidence that the share is above `limit` is a likelihood ratio: the units' likelihood, the share drawn from a beta
distribution cut off below `limit`, over their likelihood at `limit`. While the true share is at or below `limit` its
mean is at most 1 after every unit, so it ever reaches 1/error with a chance of at most `error`, whoever looks and
however often (Ville 1939; Robbins 1970, Annals of Mathematical Statistics 41(5); Howard, Ramdas, McAuliffe and Sekhon
2021, Annals of Statistics 49(2)). A single look's bound, Wilson's or Clopper and Pearson's, holds for one look fixed
beforehand.
"""

from __future__ import annotations

import math
from typing import Final

from stats.intervals.distributions import beta_tail, log_beta

# The first shape of the beta distribution: with 2, shares from 1.5 to 4 times the limit all trip about as soon as with
# the best.
CONCENTRATION: Final = 2.0
# Its mean, in limits: the share that is to be noticed soonest.
EXPECTED_LIMITS: Final = 2.0
NEAR: Final = 1e-12
HALVINGS: Final = 50


def log_evidence(count: int, of: int, limit: float, *, expected: float) -> float:
    """Natural logarithm of the evidence that the share is above `limit`.

    Args:
        count: Units that count, in 0..of.
        of: Units.
        limit: A share, strictly between 0 and 1.
        expected: The share to be noticed soonest, strictly between 0 and 1; fixed beforehand.

    Raises:
        ValueError: If an argument is out of its range.
    """
    if not 0 <= count <= of or not 0 < limit < 1 or not 0 < expected < 1:
        raise ValueError("A share is of 0 to n of n units; limits must be between 0 and 1.")
    a, b = CONCENTRATION, CONCENTRATION * (1 - expected) / expected
    seen_above = beta_tail(limit, a + count, b + of - count)
    if seen_above <= 0:
        return -math.inf
    mixed = log_beta(a + count, b + of - count) + math.log(seen_above)
    prior = log_beta(a, b) + math.log(beta_tail(limit, a, b))
    return mixed - prior - count * math.log(limit) - (of - count) * math.log1p(-limit)


def lower_bound(count: int, of: int, *, limit: float, error: float = 0.05) -> float:
    """The always-valid lower bound of a share; it is above `limit` just where the evidence has reached 1/error.

    Args:
        count: Units that count, in 0..of.
        of: Units; any number, and looked at any number of times.
        limit: The limit that the share is watched for, at most one fourth; it sets where the bound is sharpest.
        error: Chance that the bound is ever above the true share, if that is at or below `limit`.

    Raises:
        ValueError: If an argument is out of its range.
    """
    if not 0 < limit <= 0.25:
        raise ValueError("A limit that is watched must be between 0 and one fourth.")
    expected, enough = EXPECTED_LIMITS * limit, -math.log(error)
    if not of or not count or log_evidence(count, of, NEAR, expected=expected) < enough:
        return 0.0
    # Of the shares below what was seen, the evidence against each falls as the share grows.
    low, high = NEAR, min(count / of, 1 - NEAR)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_evidence(count, of, middle, expected=expected) >= enough else (low, middle)
    return low
