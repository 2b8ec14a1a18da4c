"""Hits of a query in a text, as parts to be drawn: plain text and hits, never markup. Pure Python."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from review.text.search.query import Phrase, Query
from review.text.search.words import Word, tidy, words

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
