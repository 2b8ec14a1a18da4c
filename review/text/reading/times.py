"""Times of day in a text, by clocks of 24 and of 12 hours, as comparable values. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from review.text.reading.words import lowered

_HOUR, _MINUTE = r"(?P<hour>2[0-4]|[01]?\d)", r"(?P<minute>[0-5]\d)"
_HALF = r"\s?(?P<half>[ap])(?:\.\s?m\b\.?|m\b)"
_START, _END = r"(?<![\w:.,/])", r"(?!\w|[:.,]\d)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}{_HOUR}(?:[:.]{_MINUTE})?{_HALF}",
        # The first hour of `9 to 5 pm`, of either half of the day.
        rf"{_START}{_HOUR}(?:[:.]{_MINUTE})?(?=\s?(?:-|\u2013|to|and|or|until|till)\s?\d\d?(?:[:.]\d\d)?\s?[ap]\.?m\b)",
        rf"{_START}{_HOUR}(?:[:.]{_MINUTE})?(?=\s?(?:uhr|o['\u2019]clock)\b)",
        rf"(?:{_START}|(?<=\dT)){_HOUR}:{_MINUTE}(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?{_END}",
        rf"{_START}{_HOUR}\s?h\s?{_MINUTE}{_END}",
    )
)
# One search tells most texts free of times.
_HINT = re.compile(r"\d\s?(?:[:h.]\s?\d\d|[ap]\.?\s?m\b|uhr\b|o['\u2019]clock)", re.IGNORECASE)
_HOURS_TEXT = "one two three four five six seven eight nine ten eleven twelve"
_HOURS = {word: hour for hour, word in enumerate(_HOURS_TEXT.split(), 1)}
_PARTS = {"half past": 30, "quarter past": 15, "quarter to": -15}
_WORDS = re.compile(rf"\b(?P<part>{'|'.join(_PARTS)}) (?P<hour>{'|'.join(_HOURS)})\b", re.IGNORECASE)
_NAMED = {"noon": 720, "midday": 720, "midnight": 0}
_NAME = re.compile(rf"\b(?:{'|'.join(_NAMED)})\b", re.IGNORECASE)
_DAY, _HALF_DAY = 1440, 720


class FoundTime(NamedTuple):
    """Time of day in a text.

    Attributes:
        minutes: Minutes since midnight; both readings of `6:30`.
    """

    start: int
    end: int
    minutes: frozenset[int]


def times_in(text: str) -> Iterator[FoundTime]:
    """Yield the times of day in a text; a number alone is none, and no two overlap."""
    taken: list[tuple[int, int]] = []
    for pattern in _PATTERNS if _HINT.search(text) else ():
        for match in pattern.finditer(text):
            start, end = match.start("hour"), match.end()
            if all(end <= first or last <= start for first, last in taken):
                taken.append((start, end))
                yield FoundTime(start, end, _minutes(**match.groupdict()))
    lower = lowered(text)
    for match in _WORDS.finditer(text) if any(part in lower for part in _PARTS) else ():
        yield FoundTime(*match.span(), _either(60 * _HOURS[lowered(match["hour"])] + _PARTS[lowered(match["part"])]))
    for match in _NAME.finditer(text) if any(name in lower for name in _NAMED) else ():
        yield FoundTime(*match.span(), frozenset({_NAMED[lowered(match.group())]}))


def _minutes(hour: str, minute: str | None, half: str | None = None) -> frozenset[int]:
    minutes = 60 * int(hour) + int(minute or 0)
    if half:
        return frozenset({minutes % _HALF_DAY + _HALF_DAY * (half.lower() == "p")})
    # A clock of 24 hours writes 06:30 and 18:30.
    return frozenset({minutes % _DAY}) if hour[0] == "0" or int(hour) > 12 else _either(minutes)


def _either(minutes: int) -> frozenset[int]:
    return frozenset({minutes % _DAY, (minutes + _HALF_DAY) % _DAY})
