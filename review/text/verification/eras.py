"""Decades and centuries of a text, as the years they span. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ERA = re.compile(
    r"\b(1\d|20)(\d)0(?:['\u2019]?s)\b|(?:\b(?:the|early|mid|late)[ -])['\u2019]?([2-9]0)['\u2019]?s\b"
    r"|\b(\d{1,2})(?:st|nd|rd|th)[ -]century\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\d.,$\u20ac\u00a3])(?:1\d|20)\d\d(?!\d|%|[.,]\d)")


def eras(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield place, first and last year of each decade and century."""
    for match in _ERA.finditer(text):
        if match[4]:
            first, span = 100 * int(match[4]) - 100, 100
        elif match[3]:
            first, span = 1900 + int(match[3]), 9
        else:
            first = 100 * int(match[1]) + 10 * int(match[2])
            span = 9 if match[2] != "0" else 99
        yield match.start(), match.end(), first, first + span


def years(text: str) -> frozenset[int]:
    """Years that a text names, in dates and ranges too."""
    return frozenset(int(match.group()) for match in _YEAR.finditer(text))
