"""Deals turns: whole shares of a count, evenly interleaved, and all combinations of several lists. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, lcm


def apportioned(shares: Sequence[float], count: int) -> list[int]:
    """Whole numbers in proportion to shares that sum to `count`, by largest remainder (Hamilton); ties go to the first.

    Args:
        shares: Above 0, in any unit.
        count: What is to be dealt.
    """
    whole = sum(shares)
    exact = [share * count / whole for share in shares]
    dealt = [floor(quota + 1e-9) for quota in exact]
    by_remainder = sorted(range(len(shares)), key=lambda place: (dealt[place] - exact[place], place))
    for place in by_remainder[: count - sum(dealt)]:
        dealt[place] += 1
    return dealt


def interleaved(counts: Sequence[int]) -> list[int]:
    """Each place as often as its count says, spread evenly: any beginning holds about the same shares as the whole."""
    placed = [((turn + 0.5) / count, place) for place, count in enumerate(counts) for turn in range(count)]
    return [place for _, place in sorted(placed)]


def combined(sizes: Sequence[int], turn: int) -> list[int]:
    """The `turn`-th combination of one index per list, each list taken in turn.

    The first `lcm` turns step all lists at once; then one list is shifted, and so on, so that after as many turns as
    there are combinations each has come once.
    """
    found, period = [], 1
    for size in sizes:
        within = turn % (period * size)
        found.append((within + within // lcm(period, size)) % size)
        period *= size
    return found
