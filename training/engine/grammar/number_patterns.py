"""Regular expressions of numbers within bounds, in the one form that canonical JSON gives each of them. Pure.

No leading zeros, no exponent, no `-0`, and no zeros at the end of a fraction: 1.50 is written 1.5, and 2.0 is
written 2.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final

# Decimal digits that survive a double, in which most readers keep a number.
EXACT_DIGITS: Final = 15
_GREATEST: Final = 10**EXACT_DIGITS - 1


def number_pattern(
    low: Decimal | None,
    high: Decimal | None,
    *,
    decimals: int = 0,
    low_is_out: bool = False,
    high_is_out: bool = False,
) -> str:
    """The pattern of all numbers from `low` to `high` with at most so many decimals.

    Without a bound a number has at most 15 digits; numbers of many digits have fewer decimals, so that all of them
    count.

    Args:
        low: Least number; None where there is none.
        high: Greatest number; None where there is none.
        decimals: Most digits behind the point.
        low_is_out: Whether `low` itself is not allowed.
        high_is_out: Whether `high` itself is not allowed.

    Raises:
        ValueError: No such number lies between the bounds.
    """
    # A side without a bound goes as far as all digits still count, and past the other bound where that is farther.
    least = min(Decimal(-_GREATEST), -10 * abs(high or Decimal(0))) if low is None else low
    greatest = max(Decimal(_GREATEST), 10 * abs(low or Decimal(0))) if high is None else high
    digits = max(len(str(abs(int(bound)))) for bound in (low or Decimal(0), high or Decimal(0)))
    decimals = max(0, min(decimals, EXACT_DIGITS - digits))
    scale = 10**decimals
    first = math.floor(Fraction(least) * scale) + 1 if low_is_out else math.ceil(Fraction(least) * scale)
    last = math.ceil(Fraction(greatest) * scale) - 1 if high_is_out else math.floor(Fraction(greatest) * scale)
    if low is None and last > -_GREATEST:
        first = max(first, -_GREATEST)
    if high is None and first < _GREATEST:
        last = min(last, _GREATEST)
    if first > last:
        raise ValueError(f"no number with at most {decimals} decimals lies from {least} to {greatest}")
    parts = []
    if first < 0:
        parts.append(f"-(?:{_from_zero_up(max(1, -last), -first, decimals)})")
    if last >= 0:
        parts.append(_from_zero_up(max(0, first), last, decimals))
    return "|".join(parts)


def _from_zero_up(first: int, last: int, decimals: int) -> str:
    """Numbers from `first` to `last`, both times ten to the power of the decimals."""
    scale = 10**decimals
    (low, low_rest), (high, high_rest) = divmod(first, scale), divmod(last, scale)
    if low == high:
        return f"{low}{_fraction(low_rest, high_rest, decimals)}"
    parts = []
    if low_rest:
        parts.append(f"{low}{_fraction(low_rest, scale - 1, decimals)}")
        low += 1
    whole_end = high if high_rest == scale - 1 else high - 1
    if low <= whole_end:
        parts.append(f"(?:{_whole(low, whole_end)}){_fraction(0, scale - 1, decimals)}")
    if whole_end < high:
        parts.append(f"{high}{_fraction(0, high_rest, decimals)}")
    return "|".join(parts)


def _whole(low: int, high: int) -> str:
    """Whole numbers from `low` to `high`, neither below zero."""
    parts = []
    while low <= high:
        length = len(str(low))
        end = min(high, 10**length - 1)
        parts.append(_same_length(str(low), str(end)))
        low = end + 1
    return "|".join(parts)


def _same_length(low: str, high: str) -> str:
    """Digits of one length from `low` to `high`."""
    if not low:
        return ""
    rest = len(low) - 1
    if low[0] == high[0]:
        return low[0] + _grouped(_same_length(low[1:], high[1:]))
    parts = []
    first, last = int(low[0]), int(high[0])
    if low[1:] != "0" * rest:
        parts.append(low[0] + _grouped(_same_length(low[1:], "9" * rest)))
        first += 1
    whole_end = last if high[1:] == "9" * rest else last - 1
    if first <= whole_end:
        parts.append(_digit(first, whole_end) + _digits(rest))
    if whole_end < last:
        parts.append(high[0] + _grouped(_same_length("0" * rest, high[1:])))
    return "|".join(parts)


def _fraction(low: int, high: int, decimals: int) -> str:
    """Point and digits without a last zero, from `low` to `high` in units of the last decimal."""
    if not decimals:
        return ""
    tail = _tail(f"{low:0{decimals}}", f"{high:0{decimals}}")
    if tail is None:
        return ""
    return rf"(?:\.(?:{tail}))" + ("" if low else "?")


def _tail(low: str, high: str) -> str | None:
    """Digits from `low` to `high` without zeros at the end; None where only zeros are left."""
    if not high.strip("0"):
        return None
    rest = len(low) - 1
    if not low.strip("0") and not high.strip("9"):
        return f"[0-9]{{0,{rest}}}[1-9]"
    parts = []
    for digit in range(int(low[0]), int(high[0]) + 1):
        sub_low = low[1:] if digit == int(low[0]) else "0" * rest
        sub_high = high[1:] if digit == int(high[0]) else "9" * rest
        more = _tail(sub_low, sub_high) if rest else None
        may_end = digit > 0 and not sub_low.strip("0")
        if more is not None:
            parts.append(f"{digit}(?:{more}){'?' if may_end else ''}")
        elif may_end:
            parts.append(str(digit))
    return "|".join(parts) or None


def _grouped(pattern: str) -> str:
    return f"(?:{pattern})" if "|" in pattern else pattern


def _digit(first: int, last: int) -> str:
    return str(first) if first == last else f"[{first}-{last}]"


def _digits(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""
