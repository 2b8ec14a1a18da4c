"""Always-valid test of how much worse one of two systems is, from judged pairs.

A pair's loss is 1 where only the reference passes, -1 where only the other system does, 0 where both say the same.
Evidence that the mean loss is above m is the capital of who bets on it: each pair multiplies a stake's capital by 1 +
stake (loss - m), and the stakes' capitals are averaged. While the true mean is at or below m this capital has a mean of
at most 1 after every pair, so it ever reaches 1/error with a chance of at most `error`, whoever looks and however often
(Ville 1939; Waudby-Smith and Ramdas 2024, Journal of the Royal Statistical Society B 86(1), section 4). It depends on
the counts alone, not on their order.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from stats.paired_loss import PairCounts

# Parts of the greatest stake that cannot ruin; evenly in logarithms, so that small and large losses are noticed about
# as soon.
STAKES: Final = tuple(np.geomspace(0.01, 0.9, 12).tolist())
NEAR: Final = 1e-9
HALVINGS: Final = 50


def log_evidence(counts: PairCounts, loss: float) -> float:
    """Natural logarithm of the evidence that the mean loss is above `loss`.

    Raises:
        ValueError: If the loss is not strictly between -1 and 1, or the counts do not fit.
    """
    lost, won, same = counts.lost, counts.won, counts.of - counts.lost - counts.won
    if not -1 < loss < 1 or min(lost, won, same) < 0:
        raise ValueError("A mean loss must be between -1 and 1, and its counts add up.")
    stakes = np.asarray(STAKES) / (1 + loss)
    capitals = (
        lost * np.log1p(stakes * (1 - loss)) + same * np.log1p(-stakes * loss) + won * np.log1p(-np.asarray(STAKES))
    )
    return float(np.logaddexp.reduce(capitals)) - math.log(len(STAKES))


def interval(counts: PairCounts, *, error: float = 0.05) -> tuple[float, float]:
    """All mean losses that the evidence does not speak against; -1 to 1 without a pair.

    Returns:
        Lowest and highest mean loss. At all looks together they hold the truth with a chance of at least 1 - error.
    """
    return _lower(counts, error / 2), -_lower(PairCounts(counts.won, counts.lost, counts.of), error / 2)


def _lower(counts: PairCounts, error: float) -> float:
    """The greatest mean loss that the evidence says is passed; the evidence against each falls as it grows."""
    enough, low, high = -math.log(error), -1 + NEAR, 1 - NEAR
    if log_evidence(counts, low) < enough:
        return -1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_evidence(counts, middle) >= enough else (low, middle)
    return low
