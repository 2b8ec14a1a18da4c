"""Rules on numbers, units, dates and times: each must stand in the passage, in some form. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from review.text.reading.units import CURRENCIES
from review.text.verification import quantities
from review.text.verification.claim import ClaimSentence
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.quantities import Quantity, SourceQuantities
from review.text.verification.shares import way_before
from review.text.verification.source import SourceText
from review.text.verification.words import root

_BEFORE = 24
# Decimals that a passage may write as a word.
_PARTS = {"5": "half", "25": "quarter", "75": "quarter"}
# Counts up to here come from counting what the passage lists, or are told in words of their own.
_COUNTED = 12
# *More than* and *less than* reach to so many times as much.
_BEYOND = 1.5
# A span in one word is no count of what a passage lists: *a three-year deal*.
_SPAN = re.compile(r"-(?:year|month|week)")
_AGO = re.compile(r"\s*(?:ago|later|earlier|old)\b")
_WEEKEND = root("weekend")
_A_WEEK = re.compile(r"(?<=day|ays) (?:a|per) week\b")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
# Characters between a sum and its `a month`.
_BESIDE = 10
# Scales told without a number, as in *the billions*, by their digits.
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_LESS = re.compile(r"(?<!\bno )\b(?:less than|fewer than|under|below)[\s$\u00a3\u20ac]*$", re.I)
_MORE = re.compile(r"\b(?:more than|over|at least|in excess of|upwards of)[\s$\u00a3\u20ac]*$", re.I)
_AT_MOST = re.compile(
    r"\b(?:less|fewer|under|below|up to|most|max\w*|nearly|almost|close to|limit\w*|cap|short|within|no more"
    r"|not more|as|not (?:reach|exceed)|n['\u2019]t (?:reach|exceed))\b",
    re.I,
)
_JUST_LESS = re.compile(
    r"\b(?:less than|fewer than|nearly|almost|up to|under|below|at most|close to|short of"
    r"|no more than)(?: an?)?[\s$\u00a3\u20ac]*$",
    re.I,
)
# Days of a month, and the part by which months differ from it.
_DAYS_A_MONTH, _SECONDS_A_DAY, _MONTH_VARIES_BY = 30.4, 86_400, 0.04
_ROUNDING = 40
# Numbers that differ by less of the larger are rounded.
_ROUNDED_BY = 0.06


class _Objection(NamedTuple):
    why: str
    rule: Rule
    risk: float


UNKNOWN = _Objection("The passage does not hold this number", "number", 0.9)
_OTHER_UNIT = _Objection("The passage holds this number in another unit", "unit", 0.75)
_OTHER_SIDE = _Objection("In the passage it is on the other side of this number", "number", 0.75)
_OTHER_DAY = _Objection("The passage does not hold this date or time", "date", 0.85)


def amounts(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """Quantities that the passage does not hold, or holds in another unit or for another thing."""
    for quantity in sentence.quantities:
        if objection := _objection(sentence, quantity):
            yield Unsupported(sentence.start + quantity.start, sentence.start + quantity.end, *objection)


def _objection(sentence: ClaimSentence, quantity: Quantity) -> _Objection | None:
    if quantity.kind == "number":
        return _number(sentence, quantity)
    return _era(sentence.source, quantity) if quantity.kind == "era" else _day(sentence.source, quantity)


def _era(source: SourceText, quantity: Quantity) -> _Objection | None:
    """Object to a decade or century in which no year of the passage lies."""
    (value,) = quantity.values
    first, last = map(int, value.split())
    is_held = source.quantities.has("era", value) or any(first <= year <= last for year in source.years)
    return None if is_held else _OTHER_DAY


def rates(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """`$18 a month` where the passage says `$18 a year` and nowhere `a month`."""
    held, text = sentence.source.rates, sentence.text[sentence.start : sentence.end]
    if not held:
        return
    for start, end, unit in quantities.rates(text):
        of = next((each for each in sentence.quantities if 0 <= start - each.end <= _BESIDE), None)
        if unit not in held and of and sentence.source.counts(of, held):
            start, end = sentence.start + start, sentence.start + end
            yield Unsupported(start, end, "The passage counts by another unit of time", "unit", 0.75)


def _number(sentence: ClaimSentence, quantity: Quantity) -> _Objection | None:
    # Small numbers in words are often counted, or no numbers at all: `one`, `first`, `a second time`.
    matching = sentence.source.quantities.matching(quantity)
    if quantity.unit and "1" not in quantity.values and _has_rival(sentence.source, quantity):
        counted = {word.root for word in sentence.words if word.start < sentence.start + quantity.end}
        things = {each.start: sentence.source.things.get(each.start, set()) for each in matching}
        matching = [
            each
            for each in matching
            if each.unit or not (each.is_spelt or (things[each.start] and counted.isdisjoint(things[each.start])))
        ]
    if not matching:
        is_small = quantity.is_spelt and float(min(quantity.values)) <= _COUNTED
        is_span = _SPAN.search(sentence.text, sentence.start + quantity.start, sentence.start + quantity.end)
        if is_small and not is_span and not _has_rival(sentence.source, quantity):
            return None
        return None if _is_told_otherwise(sentence, quantity) else UNKNOWN
    if not any(_comparable(other, quantity) for other in matching) and not _is_a_week(sentence, quantity):
        return _OTHER_UNIT
    return _OTHER_SIDE if _is_turned(sentence, quantity, matching) else None


def _is_turned(sentence: ClaimSentence, quantity: Quantity, matching: Sequence[Quantity]) -> bool:
    """Return whether a text tells *less than 870* of what the passage puts at 870 or more, or *over* of less."""
    start = sentence.start + quantity.start
    before = sentence.text[max(sentence.start, start - _BEFORE) : start]
    theirs = [sentence.source.text[max(0, each.start - _ROUNDING) : each.start] for each in matching]
    if _LESS.search(before):
        return not any(map(_AT_MOST.search, theirs))
    return bool(_MORE.search(before)) and any(map(_JUST_LESS.search, theirs)) and not any(map(_MORE.search, theirs))


def scales(sentence: ClaimSentence) -> Iterator[Unsupported]:
    """*Millions* where the passage tells only of thousands or billions, in words and in numbers."""
    source = sentence.source
    for word in sentence.words:
        digits = _SCALES.get(word.text.removesuffix("s"))
        if digits is None or word.text in _SCALES or source.has(word.root) or _holds_of(source, digits):
            continue
        if any(source.has(root(other)) for other in _SCALES):
            yield Unsupported(word.start, word.end, UNKNOWN.why, "number", 0.75)


def _holds_of(source: SourceText, digits: int) -> bool:
    """Return whether the passage has a number of this scale."""
    numbers = (float(value) for each in source.quantities.all if each.kind == "number" for value in each.values)
    return any(10**digits <= number < 10 ** (digits + 3) for number in numbers)


def _has_rival(source: SourceText, quantity: Quantity) -> bool:
    """Return whether the passage counts something by the same unit."""
    return quantity.unit is not None and any(
        other.unit[0] == quantity.unit[0] for other in source.quantities.all if other.unit
    )


def _comparable(other: Quantity, quantity: Quantity) -> bool:
    if other.unit is None or quantity.unit is None or other.unit == quantity.unit:
        return True
    return other.unit[0] == quantity.unit[0] and bool(other.amounts() & quantity.amounts())


def _is_told_otherwise(sentence: ClaimSentence, quantity: Quantity) -> bool:
    """Return whether the passage has the number in a date or as a word, one that rounds to it, or it is in a name."""
    source, start = sentence.source, sentence.start + quantity.start
    if quantity.unit is None and not quantity.values.isdisjoint(map(str, source.years)):
        return True
    if not source.list_lengths.isdisjoint(quantity.values):
        return True
    if _is_beyond(source, quantity, way_before(sentence.text, start)):
        return True
    for value in quantity.values:
        if source.quantities.has("date", f"year {value}") or source.quantities.has("date", f"day {value}"):
            return True
        if _PARTS.get(value.partition(".")[2]) in source.stems:
            return True
    before = sentence.text[max(sentence.start, start - _BEFORE) : start]
    if (
        before.endswith("multi-")
        or _lasts_as_long(source, quantity)
        or _is_converted(sentence, quantity)
        or _is_a_week(sentence, quantity)
        or (_AGO.match(sentence.text, sentence.start + quantity.end) and _YEAR.search(source.text))
    ):
        return True
    if any(source.quantities.rounds_to(value, way_before(sentence.text, start)) for value in quantity.values):
        return True
    return sentence.reckoning.yields(quantity, sentence.text[sentence.start : sentence.end])


def _lasts_as_long(source: SourceText, quantity: Quantity) -> bool:
    """Return whether the passage tells a span in days that this one tells in months, or the other way round."""
    own = _days(quantity)
    others = (each for each in source.quantities.all if each.unit and each.unit[0] != (quantity.unit or ("",))[0])
    return 0 < own < inf and any(abs(own - _days(each)) <= _MONTH_VARIES_BY * own for each in others)


def _days(quantity: Quantity) -> float:
    """Return a span of time in days; 0 for anything else."""
    dimension, factor = quantity.unit or ("", 0)
    days = {"months": _DAYS_A_MONTH, "time": 1 / _SECONDS_A_DAY}.get(dimension, 0)
    return float(min(quantity.values)) * factor * days if days else 0


def _is_converted(sentence: ClaimSentence, quantity: Quantity) -> bool:
    """Return whether brackets give a sum that the passage holds in another currency: `$10m (£6m)`."""
    before = next((each for each in sentence.quantities if 0 < quantity.start - each.end <= 3), None)
    if not (before and before.unit and quantity.unit and {before.unit[0], quantity.unit[0]} <= CURRENCIES):
        return False
    between = sentence.text[sentence.start + before.end : sentence.start + quantity.start]
    return "(" in between and before.unit != quantity.unit and bool(sentence.source.quantities.matching(before))


def _is_a_week(sentence: ClaimSentence, quantity: Quantity) -> bool:
    """Return whether a text tells *five days a week*, which a passage may tell by weekdays."""
    return bool(_A_WEEK.match(sentence.text, sentence.start + quantity.end))


def _is_beyond(source: SourceText, quantity: Quantity, way: str) -> bool:
    """Return whether the passage counts somewhat over *more than 90 minutes*, or somewhat below *under two hours*."""
    if quantity.unit is None or way not in {"down", "up"}:
        return False
    low, high = (1.0, _BEYOND) if way == "down" else (1 / _BEYOND, 1.0)
    own = [float(amount) for amount in quantity.amounts() if float(amount) > 0]
    held = [each for each in source.quantities.all if each.unit and each.unit[0] == quantity.unit[0]]
    return any(
        low * value <= float(amount) <= high * value for value in own for each in held for amount in each.amounts()
    )


def _day(source: SourceText, quantity: Quantity) -> _Objection | None:
    """Object to a date where the passage has others of its kind; where it has none it may be told otherwise."""
    held = source.quantities
    if _is_beside_a_month(held, quantity) or _shares_a_quarter(held, quantity):
        return None
    if quantity.kind == "date":
        # `4 and 5 June` writes the first day without its month.
        is_held = all(
            held.has("date", value) or held.has("number", value.removeprefix("year ").partition("-")[2] or value[5:])
            for value in quantity.values
        )
    else:
        is_held = any(held.has(quantity.kind, value) for value in quantity.values) or (
            source.has(_WEEKEND) and quantity.values <= {"satur", "sun"}
        )
    return None if is_held or not held.has_rival(quantity) else _OTHER_DAY


def _shares_a_quarter(held: SourceQuantities, quantity: Quantity) -> bool:
    """Return whether the passage names the quarter of this month, or a month of this quarter."""
    kind, _, number = min(quantity.values).partition(" ")
    if kind == "quarter":
        return any(held.has("date", f"month {3 * int(number) - step}") for step in range(3))
    return (
        len(quantity.values) == 1 and held.has("date", f"quarter {(int(number) + 2) // 3}")
        if kind == "month"
        else False
    )


def _is_beside_a_month(held: SourceQuantities, quantity: Quantity) -> bool:
    """Return whether a month alone is next to one that the passage names, as the month before or behind a season is."""
    (month, *more) = sorted(quantity.values)
    if more or not month.startswith("month "):
        return False
    number = int(month.removeprefix("month "))
    return any(held.has("date", f"month {(number + step - 1) % 12 + 1}") for step in (-1, 1, 2, -2))


def is_other(quantity: Quantity, other: Quantity, way: str = "") -> bool:
    """Return whether quantities of one kind and unit differ by more than rounding, such as 113 and *more than 100*."""
    if quantity.kind != other.kind or quantity.amounts() & other.amounts():
        return False
    if (quantity.unit and quantity.unit[0]) != (other.unit and other.unit[0]):
        return False
    if quantity.kind != "number":
        return len(quantity.values) == len(other.values)
    theirs, mine = (float(min(each.amounts())) for each in (quantity, other))
    is_beyond = (way == "down" and theirs > mine) or (way == "up" and theirs < mine)
    return not is_beyond and abs(theirs - mine) >= _ROUNDED_BY * max(abs(theirs), abs(mine))
