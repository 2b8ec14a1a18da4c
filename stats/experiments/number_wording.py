"""Numbers as a sentence says them: rounded to what the interval can tell, with a true minus sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MINUS = "−"
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class NumberWording:
    """Wording of the numbers of one metric.

    Attributes:
        is_share: Said in per cent, and differences in points; else as plain numbers with `unit`.
        decimals: Digits after the point.
        unit: Of a number that is no share: "$" stands before it, others such as "h" behind; may be empty.
    """

    is_share: bool
    decimals: int
    unit: str = ""

    def level(self, value: float) -> str:
        """A share or a mean: "5.4 %" or "1.42"."""
        if self.is_share:
            return f"{self.number(value)} %"
        return self._with_unit(self.number(value))

    def gap(self, value: float) -> str:
        """A difference: "−0.5 points"; "1 point" has no needless zeros."""
        text = self.number(value)
        if not self.is_share:
            return self._with_unit(text)
        return f"{text} point" if text.lstrip(MINUS) == "1" else f"{text} points"

    def difference(self, first: float, second: float, interval: tuple[float, float]) -> float:
        """Difference of two levels as they are worded, see `shown_difference`."""
        scale = 100 if self.is_share else 1
        return shown_difference(first, second, first - second, interval, digits=self.decimals, scale=scale)

    def margin(self, value: float) -> str:
        """A margin as it was agreed, without zeros at its end: "1 point", "0.25 points"."""
        scaled = value * 100 if self.is_share else value
        text = f"{scaled:.6g}"
        if not self.is_share:
            return self._with_unit(text)
        return f"{text} point" if text == "1" else f"{text} points"

    def number(self, value: float) -> str:
        """The bare number, in per cent if a share."""
        scaled = value * 100 if self.is_share else value
        if math.isinf(scaled):
            return f"{MINUS if scaled < 0 else ''}∞"
        text = f"{scaled:,.{self.decimals}f}"
        if not text.strip("-0.,"):
            text = text.lstrip("-")
        return text.replace("-", MINUS)

    def _with_unit(self, text: str) -> str:
        if self.unit == "$":
            return f"{MINUS}${text[1:]}" if text.startswith(MINUS) else f"${text}"
        return f"{text} {self.unit}".rstrip()


def wording_for(
    half_width: float, *, is_share: bool, unit: str = "", bounds: Sequence[float] = (), lines: Sequence[float] = ()
) -> NumberWording:
    """Decimals so that the uncertainty shows in its first digit, at least one (two for plain numbers).

    More are taken where a bound would be rounded onto a line it has not reached, such as -0.98 onto a margin of -1:
    the sentence must never seem to contradict its numbers.
    """
    scale = 100 if is_share else 1
    fewest = 1 if is_share else 2
    spread = half_width * scale
    decimals = fewest
    if math.isfinite(spread) and spread > 0:
        decimals = min(MOST_DECIMALS, max(fewest, -math.floor(math.log10(spread))))
    while decimals < MOST_DECIMALS and _blurs(bounds, lines, scale, decimals):
        decimals += 1
    return NumberWording(is_share, decimals, unit)


def _blurs(bounds: Sequence[float], lines: Sequence[float], scale: int, decimals: int) -> bool:
    return any(
        bound != line and round(bound * scale, decimals) == round(line * scale, decimals)
        for bound in bounds
        for line in lines
        if math.isfinite(bound)
    )


def shown_difference(
    first: float, second: float, exact: float, interval: tuple[float | None, float | None], *, digits: int, scale: int
) -> float:
    """Return the difference of two figures as a page rounds them, so that what is shown adds up.

    Args:
        exact: The measured difference. It stays where it is not of these two figures, as after an adjustment.
        interval: Ends of its interval, which a difference of rounded figures never leaves.
        digits: Digits after the point that the page shows.
        scale: 100 where the page shows per cent, else 1.
    """
    shown = (round(first * scale, digits) - round(second * scale, digits)) / scale
    low, high = interval
    is_outside = (low is not None and shown < low) or (high is not None and shown > high)
    return exact if is_outside or not math.isclose(first - second, exact, abs_tol=1e-9) else shown


def about(n: float) -> str:
    """A count to three digits: 12,745 is "12,700"."""
    if n < 1000:
        return f"{n:,.0f}"
    step = 10 ** (math.floor(math.log10(n)) - 2)
    return f"{round(n / step) * step:,}"


def capitalised(sentence: str) -> str:
    """The first letter large, the others as they are."""
    return sentence[:1].upper() + sentence[1:]
