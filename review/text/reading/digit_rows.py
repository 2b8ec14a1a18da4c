"""Rows of digits in groups, such as phone numbers and numbers of orders, whatever their groups. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ROW = re.compile(r"(?<![\w.,+])[+(]?\d(?:[ ()/.\u00a0\u2013-]{0,3}\d){5,24}(?!\w|[.,]\d)")
_TRUNK = re.compile(r"\(0\)")
# A country has up to so many digits.
_COUNTRY = 3


class DigitRow(NamedTuple):
    """Row of at least six digits in a text.

    Attributes:
        digits: Its digits, without zeros before them.
        is_international: Whether it begins with a country, as phone numbers do.
    """

    start: int
    end: int
    digits: str
    is_international: bool

    def is_same(self, other: DigitRow) -> bool:
        """Return whether both are one number; a country may be missing from either."""
        if self.is_international == other.is_international:
            return self.digits == other.digits
        longer, shorter = (self.digits, other.digits) if self.is_international else (other.digits, self.digits)
        return longer.endswith(shorter) and 0 < len(longer) - len(shorter) <= _COUNTRY


def digit_rows(text: str) -> Iterator[DigitRow]:
    """Yield the rows of digits in a text."""
    for match in _ROW.finditer(text):
        written = match.group().lstrip("(")
        digits = re.sub(r"\D", "", _TRUNK.sub("", written))
        yield DigitRow(*match.span(), digits.lstrip("0"), written.startswith(("+", "00")))
