"""Dates in a text, in European and American notations, as comparable values. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from review.text.reading.words import lowered

# Beginnings of month names in English, German, French, Spanish, Italian and Dutch.
_BEGINNINGS = (
    ("jan", "jän", "ene", "gen"), ("feb", "fév", "fev"), ("mar", "mär", "maa", "mrt"), ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"), ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aoû", "aou", "ago"),
    ("sep", "set"), ("oct", "okt", "ott"), ("nov",), ("dec", "dez", "déc", "dic"),
)  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uar[yi]?)?|janvier|jänner|ene(?:ro)?|gennaio|feb(?:ruar[yi]?|rero|braio)?|février|mar(?:ch|s|zo)?"
    r"|märz|maart|mrt|apr(?:il|ile)?|avril|abril|may|mai|mayo|maggio|mei|jun[ei]?|juin|junio|giugno|jul[yi]?|juillet|julio"
    r"|luglio|aug(?:ust|ustus)?|août|agosto|sept?(?:ember|embre|iembre)?|settembre|oct(?:ober|obre|ubre)?|okt(?:ober)?|ottobre"
    r"|nov(?:ember|embre|iembre)?|dec(?:ember)?|dez(?:ember)?|décembre|diciembre|dicembre)\b\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)"
_EDGES = r"(?<![\w.,/-])", r"(?![\w/-]|[.,]\d)"
_PATTERNS = tuple(
    re.compile(f"{_EDGES[0]}{body}{_EDGES[1]}", re.IGNORECASE)
    for body in (
        rf"{_YEAR}[-/.](?P<second>[01]?\d)[-/.]{_DAY}(?:[T ]\d\d:\d\d(?::\d\d)?)?",
        rf"(?P<first>[0-3]?\d)(?P<sign>[./-])(?P<second>[0-3]?\d)(?P=sign){_YEAR}",
        r"(?P<first>[0-3]?\d)(?P<sign>[./-])(?P<second>[0-3]?\d)(?P=sign)(?P<year>\d\d)",
        rf"{_DAY}(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+)?{_MONTH}(?:,?\s+(?:de\s+)?{_YEAR})?",
        rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?",
    )
)
_MONTHS, _DAYS = 12, 31
_DIGIT = re.compile(r"\d")
# What each of the patterns without names of months needs.
_ALL_DIGITS, _IN_DIGITS = re.compile(r"\d[-/.]\d\d?[-/.]\d"), 3
# Shorter years are of this century before this one.
_CENTURY = "70"


class FoundDate(NamedTuple):
    """Date in a text.

    Attributes:
        days: Month and day; both readings of `03/05/2026`.
        year: Year; may be empty.
    """

    start: int
    end: int
    days: frozenset[tuple[int, int]]
    year: str

    def is_same(self, other: FoundDate) -> bool:
        """Return whether both may be the same date; a missing year may be any."""
        return bool(self.days & other.days) and (not self.year or not other.year or self.year == other.year)

    def numbers(self) -> frozenset[str]:
        """Return the numbers in its notation."""
        return frozenset({self.year} - {""}).union(str(part) for day in self.days for part in day)


def dates_in(text: str) -> Iterator[FoundDate]:
    """Yield the dates in a text; a month or a year alone does not count."""
    if not _DIGIT.search(text):
        return
    for pattern in _PATTERNS if _ALL_DIGITS.search(text) else _PATTERNS[_IN_DIGITS:]:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            days = frozenset(_days(groups))
            if days:
                yield FoundDate(match.start(), match.end(), days, _year(groups["year"] or ""))


def _days(groups: dict[str, str | None]) -> Iterator[tuple[int, int]]:
    if name := groups.get("month"):
        pairs = [(_month(name), int(groups["day"] or 0))]
    elif groups.get("first"):
        first, second = int(groups["first"] or 0), int(groups["second"] or 0)
        pairs = [(second, first)] if groups["sign"] == "." else [(second, first), (first, second)]
    else:
        pairs = [(int(groups["second"] or 0), int(groups["day"] or 0))]
    return ((month, day) for month, day in pairs if 1 <= month <= _MONTHS and 1 <= day <= _DAYS)


def _year(written: str) -> str:
    return f"{20 if written < _CENTURY else 19}{written}" if len(written) == len(_CENTURY) else written


def _month(name: str) -> int:
    name = lowered(name)
    return next(at for at, begin in enumerate(_BEGINNINGS, 1) if name.startswith(begin))
