"""Watching a share for a change: how the error rate is shared out among looks, and which change so many units show.

Looks are after each point (a month, a round) from the second on. Half of the error rate is kept for the last look, the other half is
shared out evenly among those before; a look tells a change where its own p-value is at most its own part. The chance that any
of them does so without a change is at most the sum of the parts (Bonferroni), whichever looks are left out.

What can be shown is reckoned before: without a change the root of the likelihood ratio of each cut (`stats/change_point.py`) is nearly
normal, and all of them together follow from the mean of each point; seeded draws of those give the limit and the power.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST_POINTS: Final = 2
DRAWS: Final = 20_000
SEED: Final = 20_261_124
_LAST: Final = 0.5
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class NoticedChange:
    """Shares (0 to 1) after a lasting change halfway that the last look just notices with the power asked for.

    Attributes:
        fall: The highest share below the one before; None where not even none at all would be noticed.
        rise: The lowest share above it; None where not even all of them would be.
    """

    fall: float | None
    rise: float | None


def spent_at(alpha: float, points: int) -> dict[int, float]:
    """The part of the error rate of each look, by how many points it covers; they add up to `alpha`.

    Raises:
        ValueError: Fewer than two points.
    """
    if points < FEWEST_POINTS:
        raise ValueError("A change takes two points at least.")
    before = range(FEWEST_POINTS, points)
    last = alpha * _LAST if before else alpha
    return {**{covered: (alpha - last) / len(before) for covered in before}, points: last}


def noticed_change(
    share: float, units: Sequence[float], *, alpha: float, power: float = 0.8, seed: int = SEED
) -> NoticedChange:
    """The smallest lasting changes, halfway through the points, that one test over all of them notices.

    Args:
        share: Before the change, 0 to 1.
        units: Independent units at each point (units over their design effect), two points at least.
        alpha: Error rate of the test.
        power: Chance to notice.
        seed: Of the draws.
    """
    sizes = np.asarray(units, dtype=np.float64)
    noise = _roots(np.random.default_rng(seed).standard_normal((DRAWS, len(sizes))) / np.sqrt(sizes), sizes)
    limit = float(np.quantile((noise**2).max(axis=1), 1 - alpha))
    is_after = np.arange(len(sizes)) >= len(sizes) // 2

    def notices(changed: float) -> bool:
        means = np.where(is_after, changed, share)
        pooled = float((means * sizes).sum() / sizes.sum())
        if not 0 < pooled < 1:
            return False
        shift = _roots(means[None, :], sizes) / (pooled * (1 - pooled)) ** 0.5
        return bool((((noise + shift) ** 2).max(axis=1) >= limit).mean() >= power)

    return NoticedChange(fall=_nearest(share, 0.0, notices), rise=_nearest(share, 1.0, notices))


def _roots(means: Floats, sizes: Floats) -> Floats:
    """Of each cut, the mean after it less that before, over its standard error where units have the variance 1; (draws, points - 1)."""
    totals, counts = (means * sizes).cumsum(axis=1), sizes.cumsum()
    before, after = counts[:-1], counts[-1] - counts[:-1]
    gap = (totals[:, -1:] - totals[:, :-1]) / after - totals[:, :-1] / before
    return np.asarray(gap / np.sqrt(1 / before + 1 / after), dtype=np.float64)


def _nearest(share: float, end: float, notices: Callable[[float], bool]) -> float | None:
    """Between a share and an end of the scale, the value nearest to the share that is noticed, by bisection."""
    if not notices(end):
        return None
    missed, seen = share, end
    for _ in range(_STEPS):
        middle = (missed + seen) / 2
        missed, seen = (missed, middle) if notices(middle) else (middle, seen)
    return seen
