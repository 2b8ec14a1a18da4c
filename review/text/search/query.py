"""Queries of the search box: words and phrases that must occur, and those that must not. Pure Python.

`depot rotterdam "cold chain" -merger move*` finds texts with both words, the phrase, a word that begins with `move`,
and no `merger`. The same query is written in the languages of both databases; words in it are letters and digits alone,
so nothing of a user's line is ever read as syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from review.text.search.words import folded

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
