"""Thresholds that route requests between systems, so that the whole loses less than a margin against the last one.

Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei 2025, Annals of Applied Statistics 19(2)): a *setting* is a
threshold for each cheaper system. Settings lie on one path that is fixed before any verdict is seen, from *all to the
reference* to *none*; each is a null hypothesis *it loses the margin or more*, tested by the exact p-value of
`stats.paired_loss` in this order until one is not rejected. Conformal risk control would bound the mean over samples
alone, and promise nothing of this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats import paired_loss
from stats.paired_loss import PairCounts
from stats.risk_control import LEVEL


@dataclass(frozen=True, slots=True)
class JudgedUnit:
    """One independent unit with its score and whether each system passed, the cheapest first and the reference last.

    Attributes:
        score: The greater, the sooner a cheaper system takes it; None where it is missing, which goes to the reference.
        passes: Of each system.
    """

    score: float | None
    passes: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class RouteSetting:
    """One threshold for each system but the reference, the cheapest first; none is below the next.

    Attributes:
        thresholds: A unit goes to the first system whose threshold its score reaches.
        counts: Of the units, what the routed whole lost and won against the reference.
        p: The p-value of *it loses the margin or more*.
    """

    thresholds: tuple[float, ...]
    counts: PairCounts
    p: float


def choose(score: float | None, thresholds: Sequence[float]) -> int:
    """Return the index of the system that takes a unit. The reference's index follows the last threshold."""
    if score is None:
        return len(thresholds)
    return next((place for place, least in enumerate(thresholds) if score >= least), len(thresholds))


def path(grid: Sequence[float], systems: int) -> list[tuple[float, ...]]:
    """Settings in the order in which they are tested.

    Args:
        grid: Thresholds, chosen without a look at verdicts; in any order.
        systems: How many systems there are beside the reference, 1 and more. The dearest of them moves one step of the
            grid at a time and the others a part of that, so that each takes as many steps of what does not go to the
            reference.
    """
    steps = sorted(set(grid), reverse=True)
    return [
        tuple(steps[(place + 1) * part // systems - 1 if part < systems else place] for part in range(1, systems + 1))
        for place in range(systems - 1, len(steps))
    ]


def counts_of(units: Sequence[JudgedUnit], thresholds: Sequence[float]) -> PairCounts:
    """Count the units that the routed whole loses and wins against the reference."""
    chosen = (unit.passes[choose(unit.score, thresholds)] for unit in units)
    return paired_loss.count([unit.passes[-1] - taken for unit, taken in zip(units, chosen, strict=True)])


def safe_setting(
    units: Sequence[JudgedUnit], settings: Sequence[tuple[float, ...]], *, margin: float, level: float = LEVEL
) -> RouteSetting | None:
    """The last setting of the path up to which each is shown to lose less than the margin.

    Returns:
        The setting, or None where not even the first is borne out. It loses the margin or more with a chance of 1 -
        level at most.

    Raises:
        ValueError: There is no unit, or the margin lies outside 0 to 1.
    """
    best: RouteSetting | None = None
    for thresholds in settings:
        counts = counts_of(units, thresholds)
        p = paired_loss.p_value(counts, margin)
        if p > 1 - level:
            break
        best = RouteSetting(thresholds, counts, p)
    return best
