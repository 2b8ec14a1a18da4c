"""Figures that a reader works out of a passage: sums, differences, changes, shares, years between two dates.

Pure Python.

A number that comes of two of a passage is no objection: a summary reckons, and so does who writes a mail from a sheet
of facts.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from review.text.reading.units import CURRENCIES
from review.text.verification.quantities import Quantity
from review.text.verification.shares import shares, way_before

# Words with which a text tells that it divides or multiplies.
_EACH = re.compile(
    r"\b(?:each|per (?!share|cent)|every|average|averages|apiece|a (?:day|week|month|year)|daily|weekly|monthly"
    r"|in total|altogether|add(?:s|ed|ing)? up|totals?|totall?ing)\b",
    re.I,
)
_END = re.compile(r"\n|[.!?] ")
_YEARS_LONG, _YEARS_NEAR = 400, 1
# Parts of a span of years by which it may be shorter and longer: *more than 30 years*, *nearly*, *about*.
_YEARS_ROUNDED = {"down": (0, 1 / 3), "up": (1 / 8, 0), "near": (1 / 8, 1 / 8)}
_YEARS_AFTER = re.compile(r"^.{0,6}year|anniversary|birthday")
_AGED = re.compile(
    r"\b(?:aged|age(?: of)?|turn(?:s|ed)?|when (?:he|she|they|you|it) (?:was|were)"
    r"|since (?:he|she|they|you) (?:was|were)) $",
    re.I,
)
_YEAR_FROM, _YEAR_TO = 1000, 2100
# Of a passage with more numbers than this only the first are reckoned with.
_RECKONED, _GREATEST = 24, 1e15


class Reckoning:
    """Numbers of a passage and what comes of two of them."""

    def __init__(self, text: str, quantities: Sequence[Quantity]) -> None:
        numbers = [each for each in quantities if each.kind == "number"][:_RECKONED]
        self._numbers = [(float(max(each.values, key=float)), each) for each in numbers]
        dates = (value[5:] for each in quantities for value in each.values if value.startswith("year "))
        self.years = sorted({value for value, each in self._numbers if _is_year(value, each)} | set(map(float, dates)))
        self._counts = [
            (value, each) for value, each in self._numbers if 0 < value < _GREATEST and not _is_year(value, each)
        ]
        self._text = text
        self.shares = [share.percent for share in shares(text)][:_RECKONED]
        self._sums = self._added()
        self._scaled = sorted(self._multiplied())
        self._of_percents = sorted(self._percents_of_counts())
        self._parts = sorted(self._told_shares())
        # Fractions in words are rounded, and may come of any two numbers.
        pairs = [sorted((one, other)) for (one, _), (other, _) in combinations(self._counts, 2)]
        self._any_parts = sorted([*self._parts, *(100 * small / large for small, large in pairs if large > 1)])

    def _added(self) -> dict[str | None, list[float]]:
        """Sums and differences of two numbers, and of all without a unit, by the unit."""
        found: dict[str | None, list[float]] = defaultdict(list)
        for (one, first), (other, second) in combinations(self._counts, 2):
            units = {each.unit and each.unit[0] for each in (first, second)}
            if len(units) == 1 or (None in units and self._are_of_a_kind(first, second)):
                found[max(units, key=bool)] += (one + other, abs(one - other))
        for (one, first), (other, _), (third, last) in zip(
            self._counts, self._counts[1:], self._counts[2:], strict=False
        ):
            if self._are_of_a_kind(first, last):
                found[first.unit and first.unit[0]].append(one + other + third)
        if len(self._counts) > 2:
            found[None].append(sum(value for value, each in self._counts if each.unit is None))
        return {unit: sorted(values) for unit, values in found.items()}

    def _multiplied(self) -> Iterator[float]:
        for (one, first), (other, second) in combinations(self._counts, 2):
            shared = [bool(each.unit and each.unit[0] == "%") for each in (first, second)]
            yield one * other / (100 if any(shared) else 1)
            yield from (one / other, other / one)

    def _percents_of_counts(self) -> Iterator[float]:
        """Yield the shares of the passage applied to its sums of money, and the remainders."""
        for value, each in self._counts:
            if each.unit and each.unit[0] in CURRENCIES:
                for share in self.shares:
                    yield from (value * share / 100, value * (100 - share) / 100)

    def _told_shares(self) -> Iterator[float]:
        for share in self.shares:
            yield from (share, 100 - share)
        for one, other in combinations(self.shares, 2):
            yield from (one + other, abs(one - other))
        for (one, first), (other, second) in combinations(self._counts, 2):
            small, large = sorted((one, other))
            if large > 1 and self._are_of_a_kind(first, second):
                yield from (100 * small / large, 100 - 100 * small / large, 100 * (large - small) / small)
                yield 100 * small / (large + small)

    def _are_of_a_kind(self, first: Quantity, second: Quantity) -> bool:
        """Return whether two numbers have one unit, or stand in one line or sentence."""
        if first.unit and second.unit:
            return first.unit[0] == second.unit[0]
        return not _END.search(self._text, first.end, second.start)

    def yields(self, quantity: Quantity, text: str) -> bool:
        """Return whether a number comes of two of the passage, as near as a text says it.

        Args:
            text: Where the quantity stands.
        """
        way = way_before(text, quantity.start)
        if quantity.unit and quantity.unit[0] == "%":
            return any(self.has_share(float(value), way) for value in quantity.values)
        for value in (number for number in map(float, quantity.values) if number < _GREATEST):
            low, high = _bounds(value, way)
            if self._are_years(value, quantity, text) or self._is_sum(quantity, low, high):
                return True
            if quantity.unit and quantity.unit[0] in CURRENCIES and _any_in(self._of_percents, low, high):
                return True
            if self._is_year_on(value, quantity):
                return True
            room = 0.5 if value == int(value) else 0.05
            if (way == "near" or _EACH.search(text)) and _any_in(
                self._scaled, min(low, value - room), max(high, value + room)
            ):
                return True
        return False

    def _is_sum(self, quantity: Quantity, low: float, high: float) -> bool:
        """Return whether a sum or difference of the unit of a quantity lies between two numbers."""
        units = {quantity.unit[0], None} if quantity.unit else set(self._sums)
        return any(_any_in(self._sums.get(unit, []), low, high) for unit in units)

    def has_share(self, percent: float, way: str, *, is_told: bool = False) -> bool:
        """Return whether a share stands in the passage or comes of two of its numbers.

        Args:
            is_told: A fraction in words, which rounds more than a percentage does.
        """
        if percent >= _GREATEST:
            return False
        room, far = (1.0 + percent / 10, 12) if is_told else (0.6 if percent == int(percent) else 0.06, 5)
        low, high = {
            "down": (percent, percent + far), "up": (percent - far, percent),
            "near": (percent - 3 - room, percent + 3 + room),
        }.get(way, (percent - room, percent + room))  # fmt: skip
        return _any_in(self._any_parts if is_told else self._parts, low - 0.01, high + 0.01)

    def _is_year_on(self, value: float, quantity: Quantity) -> bool:
        """Return whether a year lies as many years from one of the passage as it tells."""
        if not _is_year(value, quantity):
            return False
        steps = [count * each.unit[1] / 12 for count, each in self._counts if each.unit and each.unit[0] == "months"]
        return any(abs(year - value) == step for year in self.years for step in steps)

    def _are_years(self, value: float, quantity: Quantity, text: str) -> bool:
        """Return whether so many years lie between two years of the passage, or between one and today."""
        after = text[quantity.end : quantity.end + 16].lower()
        is_age = _AGED.search(text, max(0, quantity.start - 24), quantity.start)
        is_years = (quantity.unit or ("",))[0] == "months" or is_age or _YEARS_AFTER.search(after)
        if not is_years or not self.years:
            return False
        spans = value * (quantity.unit[1] / 12 if quantity.unit and quantity.unit[0] == "months" else 1)
        if spans > _YEARS_LONG:
            return False
        ends = [*self.years, float(date.today().year)]
        less, more = _YEARS_ROUNDED.get(way_before(text, quantity.start), (0, 0))
        low, high = spans - max(_YEARS_NEAR, spans * less), spans + max(_YEARS_NEAR, spans * more)
        return any(low <= end - start <= high for start in self.years for end in ends if end > start)


def _is_year(value: float, quantity: Quantity) -> bool:
    return (
        _YEAR_FROM <= value <= _YEAR_TO
        and value == int(value)
        and quantity.unit is None
        and quantity.end - quantity.start == 4
    )


def _bounds(value: float, way: str) -> tuple[float, float]:
    """Return between which numbers one lies that is rounded to this."""
    written = f"{value:g}" if value < 1e6 else f"{value:.0f}"
    step = 10.0 ** (len(written) - len(written.rstrip("0"))) if "." not in written else 0.1
    half = min(step / 2, value / 20) if step > 1 else 0.001
    return {
        "down": (value, value + max(step, value / 10)), "up": (value - max(step, value / 10), value),
        "near": (value - max(half, value / 11), value + max(half, value / 11)),
    }.get(way, (value - half, value + half))  # fmt: skip


def _any_in(sorted_values: list[float], low: float, high: float) -> bool:
    index = bisect_left(sorted_values, low - 1e-9)
    return index < len(sorted_values) and sorted_values[index] <= high + 1e-9
