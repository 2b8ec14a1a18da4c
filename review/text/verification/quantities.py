"""Numbers with their units, dates and times of day, in digits and in words, brought to values that can be compared.

Pure Python. `two`, `2` and `2.0` are one value, `1.5 million` and `1,500,000`, `24 months` and `two years`, `3 pm` and
`15:00`, `31st August 2022` and `August 31, 2022`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from review.spec.numbers import NUMBER, readings, readings_at
from review.text.reading.times import times_in
from review.text.reading.units import CURRENCIES, SCALE_AFTER, unit_at
from review.text.reading.words import lowered
from review.text.verification.eras import eras
from review.text.verification.shares import Share, shares

Kind = Literal["number", "date", "weekday", "time", "era"]

_ONES_TEXT = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_ONES = _ONES_TEXT.split()
_DIGIT = re.compile(r"\d")
_TENS_TEXT = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = _TENS_TEXT.split()
_ORDINALS_TEXT = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = _ORDINALS_TEXT.split()
_TIMES = {"twice": 2, "double": 2, "triple": 3, "once": 1}
_VALUES = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 20 + 10 * place for place, word in enumerate(_TENS)}
    | {word: 1 + place for place, word in enumerate(_ORDINALS)}
    | _TIMES
)
_SCALE_LETTERS = {
    "k": 1_000, "m": 10**6, "bn": 10**9, "tn": 10**12, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_FACTORS = {"dozen": 12, "hundred": 100}
# The longest number that people spell: more words in a row are several, or no number at all.
_MORE_WORDS = 24
_SPELT = re.compile(
    rf"\b(?:(?:{'|'.join([*_ORDINALS, *_TIMES])})\b|(?:{'|'.join(sorted([*_ONES, *_TENS, *_SCALES], key=len, reverse=True))})"
    rf"(?:(?:[- ]| - |\s+and\s+)(?:{'|'.join(sorted([*_ONES, *_TENS, *_SCALES], key=len, reverse=True))})){{0,{_MORE_WORDS}}}\b)",
    re.IGNORECASE,
)
_HALF_A = re.compile(r"\bhalf[ -](?:an? )?$", re.IGNORECASE)
_MONTHS_TEXT = "january february march april may june july august september october november december"
_MONTHS = _MONTHS_TEXT.split()
_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_YEAR = r"(?:,?\s+(?:of\s+)?((?:19|20)\d\d))?"
_DATES = (
    re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}\b{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|:|\s?%){_YEAR}", re.IGNORECASE),
    re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b"),
)
_BARE_MONTH = re.compile(
    r"\b(January|February|March|April|June|July|August|September|October|November|December|(?<=in )May)\b(?:\s+((?:19|20)\d\d))?"
)
_QUARTER = re.compile(r"\b(?:Q([1-4])|(first|second|third|fourth)[- ]quarter)\b", re.IGNORECASE)
_RATE = re.compile(
    r"(?:(?:\ban?|\bper|\beach|\bevery)\s|/\s?)(second|minute|hour|day|night|week|month|quarter|term|season|year)\b(?!-)|\b(hour|dai|week|month|quarter|annual|year)ly?\b(?!-)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")
_IDIOMS = re.compile(
    r"(?<![\w.])(?:24/7|1[:-]1|1-on-1|one-on-one|50/50|360°?|101|one of|at once|once|one another|no one"
    r"|in (?:a|one) hundred|(?:several|a few|many) (?:hundred|thousand|million|dozen)s?)(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
# `71 to 96 million`: the first number has the scale and the unit of the second.
_RANGE = re.compile(r"\s?(?:to|and|or|-|\u2013)\s?(?=[$\u20ac\u00a3]?\d)[$\u20ac\u00a3]?")
# `3, 500`, as texts cut into words have it.
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:, \d{3})+(?![\d.])")
# Numbers from here on are rounded without a word on it; *about* reaches so far.
_LARGE, _NEAR = 1_000, 0.05
# From here on nothing is reckoned with: no text means such a number.
_GREATEST = 1e15
# Of equal quantities so many are looked at.
_MATCHES = 16


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, date or time of a text.

    Attributes:
        start: First character.
        end: One past the last.
        values: Ways to read it: plain decimals, `8-31` and `2022-8-31`, minutes of the day, `1990 1999`.
        unit: Dimension and factor; None where none is named.
        is_spelt: Whether it is written in letters.
    """

    start: int
    end: int
    kind: Kind
    values: frozenset[str]
    unit: tuple[str, float] | None = None
    is_spelt: bool = False

    def amounts(self) -> frozenset[str]:
        """Its values in the smallest unit of its dimension."""
        if self.unit is None:
            return self.values
        return frozenset(f"{float(value) * self.unit[1]:.6g}" for value in self.values)


def quantities(text: str) -> list[Quantity]:
    """Every quantity of a text, in order."""
    found: list[Quantity] = []
    text = _without(text, [share for share in shares(text) if share.is_told])
    # What one reader took is blanked for the next: the 3 of `3 pm` is no number of its own.
    dates, digits = ((_dates, _eras), (_digits,)) if _DIGIT.search(text) else ((), ())
    for reader in (*dates, _quarters, _months, _times, _weekdays, *digits, _spelt):
        fresh = list(reader(text))
        found += fresh
        text = _without(text, fresh) if fresh else text
    return sorted(found, key=lambda quantity: quantity.start)


def _without(text: str, taken: Sequence[Quantity | Share]) -> str:
    parts, at = [], 0
    for place in sorted(taken, key=lambda place: place.start):
        if place.start >= at:
            parts += [text[at : place.start], " " * (place.end - place.start)]
            at = place.end
    return "".join([*parts, text[at:]])


def _dates(text: str) -> Iterator[Quantity]:
    for number, pattern in enumerate(_DATES):
        for match in pattern.finditer(text):
            day, month, year = (match[1], match[2], match[3]) if number == 0 else (match[2], match[1], match[3])
            if number == 2:
                year, month, day = match.groups()
            yield _date(match, str(_month(month)), str(int(day)), year)


def _months(text: str) -> Iterator[Quantity]:
    for match in _BARE_MONTH.finditer(text):
        yield _date(match, str(_month(match[1])), "", match[2])


def _date(match: re.Match[str], month: str, day: str, year: str | None) -> Quantity:
    values = {f"month {month}"} | ({f"{month}-{day}"} if day else set()) | ({f"year {year}"} if year else set())
    return Quantity(match.start(), match.end(), "date", frozenset(values))


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return next(place for place, name in enumerate(_MONTHS, 1) if name.startswith(lowered(written)[:3]))


def _quarters(text: str) -> Iterator[Quantity]:
    for match in _QUARTER.finditer(text):
        number = match[1] or str(_VALUES[lowered(match[2])])
        yield Quantity(match.start(), match.end(), "date", frozenset({f"quarter {number}"}))


def _eras(text: str) -> Iterator[Quantity]:
    for start, end, first, last in eras(text):
        yield Quantity(start, end, "era", frozenset({f"{first} {last}"}))


def rates(text: str) -> Iterator[tuple[int, int, str]]:
    """Places of `a month`, `per year`, `weekly`, with the unit of time they name."""
    for match in _RATE.finditer(text):
        unit = lowered(match[1] or match[2])
        if match[1] or lowered(match[0]).endswith("ly") or unit == "annual":
            yield match.start(), match.end(), {"dai": "day", "annual": "year"}.get(unit, unit)


def _times(text: str) -> Iterator[Quantity]:
    for time in times_in(text):
        yield Quantity(time.start, time.end, "time", frozenset(map(str, time.minutes)))


def _weekdays(text: str) -> Iterator[Quantity]:
    for match in _WEEKDAY.finditer(text):
        yield Quantity(match.start(), match.end(), "weekday", frozenset({match[1].lower()}))


def _digits(text: str) -> Iterator[Quantity]:
    text = _IDIOMS.sub(lambda match: " " * len(match.group()), text)
    for match in NUMBER.finditer(text):
        if re.match(r"[^\W\d_]-$", text[max(0, match.start() - 2) : match.start()]):
            continue  # Part of a name: COVID-19.
        scale = SCALE_AFTER.match(text, match.end())
        values, end = readings_at(text, match), scale.end() if scale else match.end()
        unit, end = unit_at(text, match.start(), end)
        # `5 m` may be metres, `$5m` are millions.
        if scale and (len(scale.group().strip(" -")) > 1 or (unit and unit[0] in CURRENCIES)):
            values = values - readings(match.group()) or values
        if (range_ := None if scale else _RANGE.match(text, end)) and (last := NUMBER.match(text, range_.end())):
            last_scale = SCALE_AFTER.match(text, last.end())
            if last_scale:
                factor = _SCALE_LETTERS[lowered(last_scale.group().strip(" -"))]
                values = values | {f"{float(value) * factor:.0f}" for value in values}
            unit = unit or unit_at(text, last.start(), (last_scale or last).end())[0]
        yield Quantity(match.start(), end, "number", values, unit)


def _spelt(text: str) -> Iterator[Quantity]:
    text = _IDIOMS.sub(lambda match: " " * len(match.group()), text)
    for match in _SPELT.finditer(text):
        unit, end = unit_at(text, match.start(), match.end())
        value = _value(match.group())
        if _HALF_A.search(text, 0, match.start()):
            value = f"{int(value) / 2:g}" if int(value) < 1_000 else str(int(value) // 2)
        yield Quantity(match.start(), end, "number", frozenset({value}), unit, is_spelt=True)


def _value(written: str) -> str:
    total = part = 0
    for word in re.findall(r"[a-z]+", lowered(written)):
        if word == "and":
            continue
        if word in _FACTORS:
            part = (part or 1) * _FACTORS[word]
        elif word in _SCALES:
            total, part = total + (part or 1) * _SCALES[word], 0
        else:
            part += _VALUES[word]
    return str(total + part)


def _precision(value: str) -> str:
    """The kind of a date's value: `day` of `8-31`, else the word before the number."""
    return value.partition(" ")[0] if " " in value else "day"


class SourceQuantities:
    """Quantities of a passage, found by their values."""

    def __init__(self, text: str) -> None:
        self.all = quantities(text)
        self._by_value: dict[tuple[Kind, str], list[Quantity]] = {}
        for quantity in self.all:
            for value in quantity.values | {f"={amount}" for amount in quantity.amounts()}:
                self._by_value.setdefault((quantity.kind, value), []).append(quantity)
        for match in _SPACED.finditer(text):
            number = Quantity(match.start(), match.end(), "number", readings(match[0].replace(" ", "")))
            for value in number.values:
                self._by_value.setdefault(("number", value), []).append(number)
        for kind, value in [key for key in self._by_value if key[0] == "date"]:
            if "-" in value:
                self._by_value.setdefault((kind, f"day {value.partition('-')[2]}"), [])
        numbers = (value for kind, value in self._by_value if kind == "number" and value[0] != "=")
        self._sorted = sorted(map(float, numbers))
        self.kinds = frozenset(kind for kind, _ in self._by_value)

    def matching(self, quantity: Quantity) -> list[Quantity]:
        """Quantities of the same kind and value, written so or in another unit of the same dimension."""
        keys = sorted(quantity.values | {f"={amount}" for amount in quantity.amounts()})
        return [other for key in keys for other in self._by_value.get((quantity.kind, key), ())[:_MATCHES]]

    def has(self, kind: Kind, value: str) -> bool:
        return (kind, value) in self._by_value

    def has_rival(self, quantity: Quantity) -> bool:
        """Return whether it holds another date of the same precision, or another weekday or time."""
        kinds = {_precision(value) for value in quantity.values}
        return any(kind == quantity.kind and _precision(value) in kinds for kind, value in self._by_value)

    def rounds_to(self, value: str, way: str) -> bool:
        """Return whether a number of the text, rounded to as many digits as this one has, comes to it.

        Args:
            way: `down` as *more than* does, `up` as *nearly*, `near` as *about*; only large ones are rounded without.
        """
        number = float(value)
        if number >= _GREATEST:
            return False
        step = (
            10.0 ** (len(value) - len(value.rstrip("0"))) if "." not in value else 10.0 ** -len(value.partition(".")[2])
        )
        half = min(step / 2, number * _NEAR)
        low, high = {
            "down": (number, number + step), "up": (number - step, number),
            "near": (min(number - step / 2, number * (1 - _NEAR)), max(number + step / 2, number * (1 + _NEAR))),
        }.get(way, (number - half, number + half) if number >= _LARGE and step >= number / 100 else (0, 0))  # fmt: skip
        index = bisect_left(self._sorted, low)
        return index < len(self._sorted) and self._sorted[index] <= high and high > 0

    def between(self, start: int, end: int) -> list[Quantity]:
        first = bisect_left(self.all, start, key=lambda quantity: quantity.start)
        return self.all[first : bisect_left(self.all, end, key=lambda quantity: quantity.start)]
