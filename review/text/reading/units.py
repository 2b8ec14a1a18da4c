"""Units of numbers: what they measure, and how many of the smallest unit of their dimension they are. Pure Python."""

from __future__ import annotations

import re

from review.spec.numbers import readings_at
from review.text.reading.words import lowered

# Name: dimension and how many of its smallest unit; an empty factor of a dimension compares within the unit alone.
_UNITS: dict[str, tuple[str, float]] = {
    "second": ("time", 1), "minute": ("time", 60), "min": ("time", 60), "hour": ("time", 3600), "hr": ("time", 3600),
    "h": ("time", 3600), "day": ("time", 86_400), "week": ("time", 604_800), "fortnight": ("time", 1_209_600),
    "month": ("months", 1),
    "quarter": ("months", 3), "year": ("months", 12), "decade": ("months", 120), "annual": ("months", 12),
    "yr": ("months", 12), "gram": ("mass", 1), "g": ("mass", 1), "kg": ("mass", 1000), "kilo": ("mass", 1000),
    "kilogram": ("mass", 1000), "tonne": ("mass", 1_000_000), "ton": ("mass", 1_000_000), "pound": ("£", 1),
    "lb": ("£", 1), "ounce": ("ounce", 1), "mm": ("length", 0.001), "cm": ("length", 0.01), "metre": ("length", 1),
    "meter": ("length", 1), "km": ("length", 1000), "kilometre": ("length", 1000), "kilometer": ("length", 1000),
    "kmh": ("length", 1000), "mile": ("mile", 1), "foot": ("foot", 1), "feet": ("foot", 1), "inch": ("inch", 1),
    "litre": ("volume", 1), "liter": ("volume", 1), "ml": ("volume", 0.001), "gallon": ("gallon", 1),
    "kb": ("bytes", 1e-6), "mb": ("bytes", 0.001), "gb": ("bytes", 1), "tb": ("bytes", 1000), "kw": ("power", 1),
    "mw": ("power", 1000), "kwh": ("energy", 1), "mwh": ("energy", 1000), "gwh": ("energy", 1e6),
    "percent": ("%", 1), "%": ("%", 1), "per cent": ("%", 1),
    "percentage": ("%", 1), "dollar": ("$", 1), "$": ("$", 1), "usd": ("$", 1), "us$": ("$", 1), "euro": ("€", 1),
    "€": ("€", 1), "eur": ("€", 1), "£": ("£", 1), "gbp": ("£", 1), "pence": ("pence", 1), "yen": ("¥", 1),
    "¥": ("¥", 1), "degree": ("degree", 1), "cent": ("cent", 1),
}  # fmt: skip
_UNIT = re.compile(
    r"[\s-]?(%|per cent\b|€|£"
    rf"|(?:{'|'.join(sorted((re.escape(name) for name in _UNITS if name.isalpha()), key=len, reverse=True))})s?\b)",
    re.IGNORECASE,
)
SCALE_AFTER = re.compile(r"[\s-]?(?:k|m|bn|tn|thousand|million|billion|trillion)\b", re.IGNORECASE)
CURRENCIES = frozenset("$€£¥")
_CURRENCY = re.compile(r"(US\$|[$€£¥]|USD|EUR|GBP)\s?$")
# Time that recurs, said at most three words away: "48 hours saved each week", "every week saves 48 hours".
_OF_TIME = frozenset({"time", "months"})
_TIME, _BETWEEN = r"(?:hour|day|week|month|quarter|year)", r"(?:\s+[^\W\d]+){0,3}?"
_EACH_AFTER = re.compile(
    rf"{_BETWEEN}(?:(?:\s*/\s*|\s+(?:each|every|per|an?)\s+){_TIME}|\s+(?:daily|weekly|monthly|yearly))\b", re.I
)
_EACH_BEFORE = re.compile(rf"\b(?:(?:each|every|per)\s+{_TIME}|daily|weekly|monthly|yearly){_BETWEEN}\s+$", re.I)
_LONGEST_BEFORE = 60


def amounts_at(text: str, match: re.Match[str]) -> frozenset[str]:
    """Return the amounts a number with its unit can mean, as `5400 time` for 90 minutes.

    Empty without a unit, and for time that recurs: 48 hours each week are not two days.
    """
    unit, end = unit_at(text, *match.span())
    if unit is None or (unit[0] in _OF_TIME and _recurs(text, match.start(), end)):
        return frozenset()
    return frozenset(amount(unit, value) for value in readings_at(text, match))


def _recurs(text: str, start: int, end: int) -> bool:
    return bool(_EACH_AFTER.match(text, end) or _EACH_BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start))


def amount(unit: tuple[str, float], value: str) -> str:
    """Write a number in the smallest unit of its dimension."""
    return f"{float(value) * unit[1]:.6g} {unit[0]}"


def unit_at(text: str, start: int, end: int) -> tuple[tuple[str, float] | None, int]:
    if before := _CURRENCY.search(text, max(0, start - 4), start):
        return _UNITS[lowered(before[1])], end
    if after := _UNIT.match(text, end):
        name = lowered(after[1])
        return _UNITS.get(name) or _UNITS[name.removesuffix("s")], after.end()
    return None, end
