"""Figures of a judge's comparisons: one system's win share over another, and the sway of place and length."""

from __future__ import annotations

from dataclasses import dataclass

from generation.models import JudgedPair, Judging
from stats.pair_preferences import JudgedTwice, PairPreference, preference

_COLUMNS = ("judging", "as_is", "swapped", "longer", "record__group")


@dataclass(frozen=True)
class PairReport:
    """All that stands on a page of comparisons.

    Attributes:
        pairs: Pairs that were ordered; `answered` of them have an answer in both orders, and only these count.
        preferred: What they come to; None without one.
    """

    pairs: int
    answered: int
    preferred: PairPreference | None


def report(judging: Judging) -> PairReport:
    """Return what its comparisons come to, as far as they are there."""
    rows = list(JudgedPair.objects.filter(judging=judging).select_related("record").order_by("place").only(*_COLUMNS))
    both = [
        JudgedTwice(row.as_is, row.swapped, row.longer, row.record.group or str(row.record_id))
        for row in rows
        if row.as_is and row.swapped
    ]
    return PairReport(len(rows), len(both), preference(both))
