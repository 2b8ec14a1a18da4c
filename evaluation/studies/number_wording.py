"""Numbers in the sentences of a verdict, with no-break spaces before their units."""

from __future__ import annotations

from web.templatetags.figures import fixed

_PERCENT = "\N{NO-BREAK SPACE}%"


def percent(share: float) -> str:
    """`5 %`, `2.4 %`."""
    return f"{100 * share:.1f}".removesuffix(".0") + _PERCENT


def points(share: float) -> str:
    """`20 points`."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}points"


def change(share: float) -> str:
    """`2.4 % higher`, `0.3 % lower`."""
    return f"{percent(abs(share))} {'lower' if share < 0 else 'higher'}"


def ranged(low: float, high: float, level: float = 0.95) -> str:
    """`95 % −0.3 to 4.4 %`."""
    return f"{percent(level)} {fixed(100 * low, 1)} to {fixed(100 * high, 1)}{_PERCENT}"
