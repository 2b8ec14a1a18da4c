"""Limits of few records, as a sentence. Pure Python."""

from __future__ import annotations

from stats.intervals.shares import FEW, clopper_pearson, wilson

# A share that many tasks come near; what its interval looks like is said for it.
EXAMPLE_SHARE = 0.8


def warning(count: int, split: str) -> str:
    """Return where the true share may lie with so few records of a split; empty where there are enough, or none."""
    if not 0 < count < FEW:
        return ""
    here, enough = clopper_pearson(EXAMPLE_SHARE * count, count), wilson(EXAMPLE_SHARE * FEW, FEW)
    return (
        f"With {count} {split} record{'s' if count > 1 else ''} the result is very uncertain: if 80 % of them pass, "
        f"the true share could be anywhere from {100 * here.low:.0f} % to {100 * here.high:.0f} % (95 % interval). "
        f"With {FEW} it is {100 * enough.low:.0f} % to {100 * enough.high:.0f} %."
    )
