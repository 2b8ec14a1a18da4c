"""Numbers as people write them, brought to readings that can be compared. Pure Python; knows no check.

`1,200`, `1.200`, `1 200` and `1200` agree; so do `1.5 million` and `1,500,000`, `3rd` and `3`, `30%` and `30`. A
writing that can be read in two ways (`1.200`) has both readings.
"""

from __future__ import annotations

import re
from functools import lru_cache

# A number that hangs on letters (B2B, ISO9001, 3D) is a name and not a number; known units and ordinals may follow.
NUMBER = re.compile(
    r"(?<![\w])(?<!\d[.,'\u2019])\d+(?:[.,'\u2019\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?"
    r"(?=(?:st|nd|rd|th|k|m|bn|tn|x|h|s|am|pm|min|mins|kg|km|t|%)?(?![^\W\d_]))",
    re.IGNORECASE,
)
_SCALE = re.compile(r"\s?(k|m|bn|tn|thousand|million|billion|trillion|tausend|millionen|milliarden)\b", re.IGNORECASE)
_FACTORS = {
    "k": 3,
    "thousand": 3,
    "tausend": 3,
    "m": 6,
    "million": 6,
    "millionen": 6,
    "bn": 9,
    "billion": 9,
    "milliarden": 9,
    "tn": 12,
    "trillion": 12,
}
_GROUPED = re.compile(r"\d{1,3}(?:([.,'\u2019\u00a0\u202f ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_BLANKS = str.maketrans("", "", "'\u2019\u00a0\u202f ")


def readings_in(text: str) -> frozenset[str]:
    """Readings of every number in a text."""
    return frozenset().union(*(readings_at(text, match) for match in NUMBER.finditer(text)))


def readings_at(text: str, match: re.Match[str]) -> frozenset[str]:
    """Readings of one number of a text, those with the scale word that follows it included."""
    values = readings(match.group())
    if scale := _SCALE.match(text, match.end()):
        places = _FACTORS[scale.group(1).lower()]
        return values | {_scaled(value, places) for value in values}
    return values


@lru_cache(maxsize=4096)
def readings(written: str) -> frozenset[str]:
    """Every value a writing can stand for, as plain decimals without needless zeros."""
    values = set()
    if _GROUPED.fullmatch(written):
        separator = next(char for char in written if not char.isdigit())
        values.add(_plain(written.replace(separator, "").replace(",", ".")))
    bare = written.translate(_BLANKS)
    if bare.count(".") + bare.count(",") <= 1:
        values.add(_plain(bare.replace(",", ".")))
    return frozenset(values) or frozenset({_plain(re.sub(r"\D", "", written))})


def _plain(number: str) -> str:
    whole, _, part = number.partition(".")
    part = part.replace(".", "").rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{part}" if part else whole


def _scaled(number: str, places: int) -> str:
    whole, _, part = number.partition(".")
    return _plain(f"{whole}{part[:places].ljust(places, '0')}.{part[places:]}")
