"""Whole numbers that pages, programs and headers send as text."""

from __future__ import annotations

from typing import TypeVar

# Every number of so many digits fits 64 bits; Python refuses to read one of thousands.
MOST_DIGITS = 18

Otherwise = TypeVar("Otherwise")


def whole_number(text: str, *, otherwise: Otherwise) -> int | Otherwise:
    """Return the whole number that a text of digits says, or `otherwise` where it says none or has too many digits."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else otherwise
