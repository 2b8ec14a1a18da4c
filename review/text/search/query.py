"""Queries of the search box: words and phrases that must occur, and those that must not. Pure Python.

`depot rotterdam "cold chain" -merger move*` finds texts with both words, the phrase, a word that begins with `move`,
and no `merger`. The same query is written in the languages of both databases; words in it are letters and digits alone,
so nothing of a user's line is ever read as syntax. Hits are parts to be drawn, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from review.text.search.words import Word, folded, tidy, words

LONGEST_LINE = 2000
MOST_TERMS = 24
# A phrase of more words is told apart by its first ones.
LONGEST_PHRASE = 40
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other; the last may be the beginning of one."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Phrases that must all occur, and phrases that must not."""

    must: tuple[Phrase, ...] = ()
    must_not: tuple[Phrase, ...] = ()

    @property
    def is_askable(self) -> bool:
        """Return whether the query has a phrase that must occur; excluded phrases alone cannot be looked up."""
        return bool(self.must)

    def as_fts5(self) -> str:
        required = " AND ".join(_fts5(phrase) for phrase in self.must)
        return " NOT ".join([f"({required})", *(_fts5(phrase) for phrase in self.must_not)])

    def as_tsquery(self) -> str:
        return " & ".join([*map(_tsquery, self.must), *(f"!{_tsquery(phrase)}" for phrase in self.must_not)])


def parse(line: str) -> Query:
    """Read a line; signs that are no words ask for nothing, and an open quotation mark closes at the end."""
    must: list[Phrase] = []
    must_not: list[Phrase] = []
    for minus, quoted, plain in _TERM.findall(line[:LONGEST_LINE]):
        words = tuple(folded(quoted or plain))[:LONGEST_PHRASE]
        if words:
            (must_not if minus else must).append(Phrase(words, is_prefix=plain.endswith("*")))
    return Query(tuple(must[:MOST_TERMS]), tuple(must_not[:MOST_TERMS]))


def sentence(text: str) -> Query:
    """A query for texts in which these words stand in this order."""
    words = tuple(folded(text))[:LONGEST_PHRASE]
    return Query(must=(Phrase(words),) if words else ())


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{"*" if phrase.is_prefix else ""}'


def _tsquery(phrase: Phrase) -> str:
    *first, last = (f"'{word}'" for word in phrase.words)
    return f"({' <-> '.join([*first, last + (':*' if phrase.is_prefix else '')])})"


# Hits are looked for here; a line of a megabyte must not hold up a page.
LOOK_INTO = 20_000
# A row of the list shows some fifty characters; the hit stands among the first of them.
BEFORE, NEAR = 20, 30


class HighlightedPart(NamedTuple):
    """A piece of text and whether the query asked for it."""

    text: str
    is_hit: bool


def hits(text: str, query: Query) -> list[tuple[int, int]]:
    """Places of all phrases that must occur, in order, those that overlap joined."""
    text_words = list(words(text[:LOOK_INTO]))
    spans = sorted(span for phrase in query.must for span in _places(text_words, phrase))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def passage(text: str, query: Query, *, length: int = 160) -> list[HighlightedPart]:
    """The piece of a text around the first hit, or its beginning where there is none."""
    spans = hits(text, query)
    text = tidy(text[:LOOK_INTO])
    begin = max(0, spans[0][0] - BEFORE) if spans and spans[0][0] > NEAR else 0
    if begin:
        # A passage begins with a word.
        begin = text.find(" ", begin, spans[0][0]) + 1 or begin
    end = min(len(text), begin + length)
    inside = [(start, min(stop, end)) for start, stop in spans if begin <= start < end]
    borders = [begin, *(border for span in inside for border in span), end]
    parts = [
        HighlightedPart(" ".join(text[start:stop].split("\n")), place % 2 == 1)
        for place, (start, stop) in enumerate(pairwise(borders))
    ]
    if begin:
        parts.insert(0, HighlightedPart("… ", False))
    if end < len(text):
        parts.append(HighlightedPart(" …", False))
    return [part for part in parts if part.text]


def _places(words: Sequence[Word], phrase: Phrase) -> list[tuple[int, int]]:
    size = len(phrase.words)
    first = phrase.words[0]
    places = []
    for at, word in enumerate(words):
        if not word.folded.startswith(first) or at + size > len(words):
            continue
        if _is_at(words[at : at + size], phrase):
            places.append((word.start, words[at + size - 1].end))
    return places


def _is_at(words: Sequence[Word], phrase: Phrase) -> bool:
    *whole, last = (word.folded for word in words)
    if tuple(whole) != phrase.words[:-1]:
        return False
    return last.startswith(phrase.words[-1]) if phrase.is_prefix else last == phrase.words[-1]
