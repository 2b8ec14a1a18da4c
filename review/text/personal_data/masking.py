"""Placeholders for personal data: the same person, number or address gets the same one in all texts of a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from review.text.personal_data.detection import PersonalDataSpan, find

# Kinds that are written with gaps and without.
_SPACED = frozenset({"iban", "card", "ssn", "ni_number", "passport"})


class Mask:
    """Placeholders for the personal data found so far in the texts of one row.

    Attributes:
        counts: How often each kind was found.
    """

    def __init__(self, names: Sequence[str] = (), regions: Sequence[str] = ()) -> None:
        self._names, self._regions = list(names), tuple(regions)
        self._done: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self.counts: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """The text with placeholders such as `[PHONE_1]`; what was found is counted, once a text."""
        if text in self._done:
            return self._done[text]
        masked = self._done[text] = self._masked(text)
        return masked

    def _masked(self, text: str) -> str:
        places = find(text, self._names, self._regions)
        if not places:
            return text
        pieces, at = [], 0
        for place in places:
            pieces += [text[at : place.start], self._placeholder(text, place)]
            at = place.end
        return "".join([*pieces, text[at:]])

    def value(self, value: object) -> Any:
        """Any JSON value with all texts in it masked; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if isinstance(value, dict):
            return {key: self.value(part) for key, part in value.items()}
        return value

    def _placeholder(self, text: str, place: PersonalDataSpan) -> str:
        original = text[place.start : place.end]
        self.counts[place.kind] += 1
        key = (place.kind, self._identity(place.kind, original))
        same_kind = sum(kind == place.kind for kind, _ in self._numbers)
        number = self._numbers.setdefault(key, same_kind + 1)
        return f"[{place.kind.upper()}_{number}]"

    def _identity(self, kind: str, text: str) -> str:
        """Return a key that spellings of one thing share: a number's digits, or the full name with a first name."""
        if kind == "phone":
            return re.sub(r"\D", "", text).lstrip("0")
        if kind in _SPACED:
            return re.sub(r"[\W_]+", "", text).upper()
        if kind == "name":
            return next((name for name in self._names if text in name.split() or text == name), text)
        return re.sub(r"\W+", " ", text).casefold().strip() if kind == "address" else text.casefold()
