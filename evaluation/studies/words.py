"""Numbers of a verdict as its sentences write them."""

from __future__ import annotations


def percent(share: float) -> str:
    """`5 %`, `2.4 %`."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def signed(share: float) -> str:
    """`2.4 %`, `−0.3 %`; a true minus, for text."""
    return percent(share).replace("-", "−")


def ranged(low: float, high: float) -> str:
    """`95 % −0.3 to 4.4 %`."""
    return f"95 % {100 * low:.1f} to {100 * high:.1f} %".replace("-", "−")
