"""Forms of names: acronyms and the words they stand for, names of several words and what differs in one.

Pure Python.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from review.text.reading.names import COMMON
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import listed

# Longer rows of capitalised words are headlines and lists, no names.
_LONGEST_NAME = 12
# Words that open sentences are no part of the name behind them; two names joined by `and` are two.
_OPENERS = SMALL | listed("hi hello hey dear thanks thank congratulations")
_RUN = re.compile(
    rf"(?<![\w&'\u2019-])(?!(?:{'|'.join(sorted(word.capitalize() for word in _OPENERS))})\b)"
    r"[A-Z][\w&'\u2019-]*(?: (?:of |the |& )?[A-Z][\w&'\u2019-]*)+"
)
# One thing a line, in small letters without full stops.
_FORMS = (
    ("uk", "united kingdom", "britain", "british", "great britain"),
    ("us", "usa", "united states", "america", "american", "u.s"),
    ("eu", "european union", "europe", "european"),
    ("un", "united nations"),
    ("uae", "united arab emirates", "emirati"),
    ("yoy", "year over year", "year on year", "year-over-year", "year-on-year", "annual"),
    ("qoq", "quarter over quarter", "quarter on quarter", "quarter-over-quarter"),
    ("covid", "covid-19", "coronavirus", "sars-cov-2"),
    ("ceo", "chief executive officer", "chief executive"),
    ("cfo", "chief financial officer"),
    ("cto", "chief technology officer"),
    ("roi", "return on investment"),
    ("asap", "as soon as possible"),
    ("eod", "end of day"),
    ("nyc", "new york city", "new york"),
    ("la", "los angeles"),
    ("dc", "washington"),
    ("ai", "artificial intelligence"),
    ("gdp", "gross domestic product"),
    ("nhs", "national health service"),
    ("fbi", "federal bureau of investigation"),
    ("who", "world health organization"),
    ("vp", "vice president"),
    ("hr", "human resources"),
)


def equivalents(text: str, words: set[str]) -> frozenset[str]:
    """Words of every other form of what a text names.

    Args:
        text: The text in small letters.
        words: Its words, without full stops.
    """
    found: set[str] = set()
    for forms in _FORMS:
        if any(form in words or ((" " in form or "-" in form) and form in text) for form in forms):
            for form in forms:
                found.update(form.replace("-", " ").split())
                found.add(form)
    for word in words:
        found.update(places().get(word, ()))
    return frozenset(found)


@cache
def places() -> dict[str, frozenset[str]]:
    """Words for the countries, peoples and continents of places: `scottish`, `europe` for *glasgow*."""
    found: dict[str, set[str]] = {}
    wider: dict[str, set[str]] = {}
    for line in Path(__file__).with_name("places.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            names, _, parts = (part.split() for part in line.partition(":"))
            for word in (*names, *parts):
                found.setdefault(word, set()).update(names)
            for word in parts:
                wider.setdefault(word, set()).update(names)
    return {
        word: frozenset(names.union(*(wider.get(land, ()) for land in wider.get(word, ()))))
        for word, names in found.items()
    }


class LongNames:
    """Names of several words in a text, found by all of their words but one."""

    def __init__(self, text: str) -> None:
        self._by_gap: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}
        for match in _RUN.finditer(text):
            words = name_words(match.group())
            for gap in range(len(words)) if len(words) <= _LONGEST_NAME else ():
                self._by_gap.setdefault((gap, _without(words, gap)), words)

    def differing_in_one(self, words: tuple[str, ...], *, in_first: bool = False) -> tuple[str, ...] | None:
        """A name that has other than one of these words, at the same place.

        Args:
            in_first: Two words may differ in the first too: `Pedro Tavares` for `Luisa Tavares`.
        """
        if len(words) > _LONGEST_NAME:
            return None
        for gap in range(1 if len(words) == 2 and not in_first else 0, len(words)):
            other = self._by_gap.get((gap, _without(words, gap)))
            if other is not None and other != words and COMMON.isdisjoint((words[gap], other[gap])):
                return other
        return None


def long_names(text: str, start: int, end: int) -> list[re.Match[str]]:
    """Names of several words in a part of a text."""
    return list(_RUN.finditer(text, start, end))


def name_words(name: str) -> tuple[str, ...]:
    """Words of a name in small letters, without a possessive ending."""
    return tuple(name.lower().replace("\u2019", "'").removesuffix("'s").split())


def _without(words: tuple[str, ...], gap: int) -> tuple[str, ...]:
    return (*words[:gap], "", *words[gap + 1 :])
