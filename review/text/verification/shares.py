"""Shares that a text tells as percentages or in words, and the words that round a number. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from review.text.reading.words import lowered

_MORE = (
    r"(?:over|above|exceed\w*|(?:more|greater|higher) than|at least|upwards of|in excess of|\+"
    r"|(?:well|just|a little) over)"
)
_LESS = (
    r"(?:under|below|nearly|almost|up to|close to|(?:less|fewer|lower) than|at most|approaching"
    r"|just (?:short of|under))"
)
_ABOUT = r"(?:about|around|roughly|approximately|some|circa|~|or so|an estimated|estimated|on average|an average of)"
_WAYS = {name: re.compile(rf"{words}(?:\s(?:a|an|one|the))?[\s$£€]*$", re.IGNORECASE) for name, words in
         (("down", _MORE), ("up", _LESS), ("near", _ABOUT))}  # fmt: skip
_BEFORE = 28
_TIMES_A = re.compile(
    r"(?:\d\S*|\b(?:once|twice|times|euros?|dollars?|pounds|million|billion|thousand|hundred|in|within|per|over)) $",
    re.IGNORECASE,
)
_OF_TIME = re.compile(r" (?:of (?:an hour|a century|the year|(?:19|20)\d\d)|ago|earlier|later)\b", re.IGNORECASE)
_PART_NAMES = {
    name: part
    for part, name in enumerate(["third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 3)
}
_PARTS = {"half": 2} | _PART_NAMES | {"fourth": 4} | {f"{name}s": part for name, part in _PART_NAMES.items()}
_COUNTS = {
    word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
} | {"a": 1}
_MANY = {
    f"{word}teen": n
    for word, n in {"thir": 13, "four": 14, "fif": 15, "six": 16, "seven": 17, "eigh": 18, "nine": 19}.items()
}
_SHARE = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[.,]\d+)?)\s?(?:%|per ?cent\b|percent\b)"
    rf"|\b(?:({'|'.join(_COUNTS)})[ -])(third|quarter|fifth|sixth|seventh|eighth|ninth"
    r"|tenth)s?\b(?= (?:of|the|your|more|less|fewer|cheaper|dearer|to|in|from|as|by|than|on|over|are|is|have|has|come"
    r"|comes|go|goes)\b|[.,;]|$)"
    rf"|\b({'|'.join([*_COUNTS, *_MANY])}|\d{{1,3}}(?= out)|\d(?= in)) (?:in|out of)(?: every)? (\d{{1,3}}"
    rf"|{'|'.join(list(_COUNTS)[1:])}|twenty|a hundred)\b(?! (?:year|month|week|day|hour|minute)s?\b)"
    r"|\bevery (third|fourth|fifth|sixth|tenth)\b"
    r"|\b(half)\b(?= (?:of|the|your|its|their|our|all)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole.

    Attributes:
        percent: Its size.
        way: `down` as *more than* does, `up` as *nearly*, `near` as *about*, or empty.
        is_told: Whether it is written as a fraction, in words.
    """

    start: int
    end: int
    percent: float
    way: str
    is_told: bool

    def is_same(self, other: Share) -> bool:
        """Return whether two shares are one, a fraction beside its percentage without decimals or a rounded one."""
        return (self.is_told or other.is_told) and abs(self.percent - other.percent) < 1


def _is_three_months(text: str, match: re.Match[str]) -> bool:
    """Return whether *a quarter* is one of the year or of an hour."""
    return bool(_TIMES_A.search(text, 0, match.start()) or _OF_TIME.match(text, match.end()))


def way_before(text: str, start: int) -> str:
    """Way in which the words before a number round it."""
    before = text[max(0, start - _BEFORE) : start]
    return next((name for name, pattern in _WAYS.items() if pattern.search(before)), "")


def shares(text: str) -> Iterator[Share]:
    """Percentages and fractions of a text."""
    for match in _SHARE.finditer(text):
        if lowered(match[3] or "") == "quarter" and _is_three_months(text, match):
            continue
        percent = 100.0
        if match[1]:
            percent = float(match[1].replace(",", "."))
        elif match[3]:
            percent *= _COUNTS[lowered(match[2])] / _PARTS[lowered(match[3])]
        elif match[5]:
            whole = lowered(match[5])
            of = int(whole) if whole.isdigit() else _COUNTS.get(whole, 20 if whole == "twenty" else 100)
            part = lowered(match[4])
            percent *= (int(part) if part.isdigit() else (_COUNTS | _MANY)[part]) / max(of, 1)
        elif match[6]:
            percent /= _PARTS[lowered(match[6])]
        else:
            percent = 50.0
        if percent <= 100:
            yield Share(match.start(), match.end(), percent, way_before(text, match.start()), not match[1])
