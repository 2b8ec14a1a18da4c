"""Numbers as people write them, read in one notation, or without a notation where they are unambiguous. Pure Python.

Imports, the desk, checks and attribution use it. `static/js/desk/numbers.js` is its small counterpart in the browser;
one table of cases tests both.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from web.strict_json import MAX_DIGITS

NOTATIONS = (".", ",")
GREATEST_INTEGER = 2**53 - 1
GROUP_DIGITS, SHOWN_CHARS = 3, 40
_BLANKS = "'\u2019\u00a0\u2009\u202f "
# Groups of two digits except the last, as in 12,34,567; never written with points.
_SOUTH_ASIAN = r"|[1-9]\d?(?:,\d{2})+,\d{3}"
_NUMBER = {
    decimal: re.compile(
        rf"([-+]?)(?:(\d+|[1-9]\d{{0,2}}(?:([{group}{_BLANKS}])\d{{3}})(?:\3\d{{3}})*{indian})(?:[{decimal}](\d+))?"
        rf"|[{decimal}](\d+))([eE][-+]?\d+)?"
    )
    for decimal, group, indian in ((".", ",", _SOUTH_ASIAN), (",", ".", ""))
}
_SIGNS = str.maketrans("\u2212\u2013\ufe63\uff0d\uff0b", "----+")
# Every number of so many digits is exact as a float.
SURE_DIGITS = 15
_MENDS = (
    (re.compile(r".+%"), "write it without the sign"),
    (re.compile(r"\(.+\)"), "write a minus before it"),
    (re.compile(r".*(?:[\u00bc-\u00be\u2150-\u215e]|\d\s*[/\u2044]\s*\d).*"), "write a decimal fraction"),
    (re.compile(r".*[$\u00a2-\u00a5\u20a0-\u20cf].*"), "write it without the currency"),
)

# Currencies that people write in multiples, as in 480 kEUR, TEUR 480 and 62.5 MNOK.
_CURRENCY = "(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|INR|JPY|€)"
# Digits next to letters (B2B, ISO9001, 3D) are a name and no number; known units and ordinals may follow.
NUMBER = re.compile(
    rf"(?<![\w])(?<!\d[.,'\u2019])(?>[1-9]\d?(?:,\d{{2}})+,\d{{3}}(?!\d)(?:\.\d+)?"
    rf"|\d+(?:[.,{_BLANKS}]\d{{3}}(?!\d))*(?:[.,]\d+)?)"
    r"(?=(?:st|nd|rd|th|k|tsd|m|mn|mio|mln|bn|mrd|tn|x|h|s|am|pm|min|mins|kg|km|t|%"
    rf"|[ckm]?m[\u00b2\u00b3]|sqm|ha|[kmg]?wh?|[kmgt]b|cm|mm|[kmt]?{_CURRENCY})?(?![^\W\d_]))",
    re.IGNORECASE,
)
# Not the digits of a name: B2B, COVID19.
_IN_CODE = re.compile(
    r"(?<![\w.,])\d+(?:[.,]\d+)*(?=[^\W\d_]{1,3}(?![^\W_]))"
    r"|(?<=\dx)\d+(?:[.,]\d+)?|(?<=\bv)\d+(?:\.\d+)*",
    re.IGNORECASE,
)
_SCALES = {
    3: f"k|tsd\\.?|thousand|tausend|(?-i:[kKT]{_CURRENCY})",
    5: "lakhs?",
    6: f"(?-i:M{_CURRENCY})|m|mn|mio\\.?|mln|millions?|million(?:en|i|es)|millón|millones|miljoen",
    7: "crores?",
    9: "bn|mrd\\.?|billions?|milliarden?|milliards?|miljard",
    12: "tn|trillions?",
}
_SCALE = re.compile("|".join(rf"\s?(?P<of{places}>{words})(?!\w)" for places, words in _SCALES.items()), re.IGNORECASE)
_SCALE_BEFORE = re.compile(rf"(?<!\w)(?:(?P<of3>[kKT])|(?P<of6>M)){_CURRENCY}\s?$")
_LONGEST_SCALE = 6
_SHARE = re.compile(r"\s?(?:%|percent|per cent|prozent|pour cent|por ciento|per cento|procent)(?!\w)", re.IGNORECASE)


def read(text: str, decimal: str = ".") -> int | float:
    """Read a number in one notation.

    Args:
        text: Written number; digits of any script, groups of thousands and any minus sign are read.
        decimal: Decimal separator, `.` or `,`; the other one groups thousands.

    Raises:
        ValueError: The text is no number in this notation, is too large, or has too many digits; the message begins
            with `is` or `has`.
    """
    plain = _plain(text, decimal)
    if plain is None:
        raise ValueError(f"is '{_short(text)}', expected a number such as 1200 or 3{decimal}5{_mend(text)}")
    return _value(plain, text)


def read_typed(text: str) -> int | float:
    """Read a typed number of unknown notation.

    Raises:
        ValueError: As for `read`; or the number is ambiguous, and the message shows how to write each meaning.
    """
    plains = dict.fromkeys(plain for decimal in NOTATIONS if (plain := _plain(text, decimal)) is not None)
    if not plains:
        return read(text)
    values = list(dict.fromkeys(_value(plain, text) for plain in plains))
    if len(values) > 1:
        first, second = map(unmistakable, values)
        raise ValueError(f"is '{_short(text)}', which can mean {first} or {second}: write one of these")
    return values[0]


def notations_of(text: str) -> tuple[str, ...]:
    """Return the notations a number can be read in: one, both, or none.

    A number with only one notation settles the notation of its file.
    """
    if text.isdecimal():
        return ()
    plains = {decimal: plain for decimal in NOTATIONS if (plain := _plain(text, decimal)) is not None}
    return () if len(plains) > 1 and len(set(plains.values())) == 1 else tuple(plains)


def readings_in(text: str) -> frozenset[str]:
    """Return the readings of every number in a text."""
    return frozenset().union(*(readings_at(text, match) for match in NUMBER.finditer(text)))


def readings_at(text: str, match: re.Match[str]) -> frozenset[str]:
    """Return the readings of one number in a text, including those with the scale word after it."""
    values = readings(match.group())
    if scale := _scale_of(text, match):
        places = int((scale.lastgroup or "of0").removeprefix("of"))
        return values | {_scaled(value, places) for value in values}
    return values


def _scale_of(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """Return the scale word after a number, or the multiple of a currency before it."""
    before = max(0, match.start() - _LONGEST_SCALE)
    return _SCALE.match(text, match.end()) or _SCALE_BEFORE.search(text, before, match.start())


def meanings_at(text: str, match: re.Match[str]) -> frozenset[str]:
    """Return the readings of one number in a text; for a percentage also the share: `31 %` can be 0.31."""
    values = readings_at(text, match)
    return values | {_scaled(value, -2) for value in values} if _SHARE.match(text, match.end()) else values


def readings_in_codes(text: str) -> frozenset[str]:
    """Return the readings of numbers beside letters that are no unit, as in `v4.2`, `16A` and `120x80`."""
    found = (match for match in _IN_CODE.finditer(text) if not NUMBER.match(text, match.start()))
    return frozenset().union(*(readings(match.group()) for match in found))


def meanings_in(text: str) -> frozenset[str]:
    """Return the meanings of every number in a text.

    `2.5 million` does not give 2.5, which would match `2.5 billion`.
    """
    return frozenset().union(*(_scaled_meanings(text, match) for match in NUMBER.finditer(text)))


def _scaled_meanings(text: str, match: re.Match[str]) -> frozenset[str]:
    values, scale = meanings_at(text, match), _scale_of(text, match)
    # One letter may be a unit: 12 m.
    return values - readings(match.group()) if scale and len(scale.group().strip()) > 1 else values


@lru_cache(maxsize=4096)
def readings(written: str) -> frozenset[str]:
    """Return every value that a written number can have, as plain decimals without needless zeros.

    `1,200`, `1.200`, `1 200` and `1200` agree; `1.200` has two readings.
    """
    plains = filter(None, (_plain(written, decimal) for decimal in NOTATIONS))
    return frozenset(map(_bare, plains)) or frozenset({_bare(re.sub(r"\D", "", written))})


def _plain(text: str, decimal: str) -> str | None:
    """Rewrite a number in Python's notation with the same digits; None where it is no number in this notation."""
    text = text.strip().translate(_SIGNS)
    if not text.isascii():
        text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    match = _NUMBER[decimal].fullmatch(text)
    if match is None:
        return None
    sign, whole, _, part, alone, power = match.groups()
    whole = re.sub(r"\D", "", whole or "0")
    fraction = part or alone
    return f"{sign}{whole}{f'.{fraction}' if fraction else ''}{(power or '').lower()}"


def _value(plain: str, text: str) -> int | float:
    if len(plain) > MAX_DIGITS:
        raise ValueError(f"has {len(plain):,} digits; {MAX_DIGITS} is the limit")
    if not re.search(r"[.e]", plain):
        return int(plain)
    value = float(plain)
    if math.isinf(value):
        raise ValueError(f"is '{_short(text)}', too large for a number")
    try:
        is_kept = (len(plain) <= SURE_DIGITS and "e" not in plain) or Decimal(repr(value)) == Decimal(plain)
    except InvalidOperation:  # Its exponent is out of all bounds.
        is_kept = False
    if not is_kept:
        raise ValueError(f"is '{_short(text)}', more digits than a number keeps; in a text they stay")
    return whole_or_not(value)


def whole_or_not(value: float) -> int | float:
    """Return a whole float as an int, if floats are exact at its size."""
    return int(value) if value.is_integer() and abs(value) <= GREATEST_INTEGER else float(value)


def unmistakable(value: float) -> str:
    """Write a number so that it has one reading: three digits after a point could be a group."""
    text = repr(value)
    return f"{text}0" if len(text.partition(".")[2]) == GROUP_DIGITS else text


def _mend(text: str) -> str:
    return next((f"; {words}" for pattern, words in _MENDS if pattern.fullmatch(text.strip())), "")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"


def _bare(plain: str) -> str:
    whole, _, part = plain.lstrip("+-").partition(".")
    part = part.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{part}" if part else whole


def _scaled(number: str, places: int) -> str:
    if places < 0:
        return _bare(f"{Decimal(number).scaleb(places):f}")
    whole, _, part = number.partition(".")
    return _bare(f"{whole}{part[:places].ljust(places, '0')}.{part[places:]}")
