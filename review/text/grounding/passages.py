"""Passages of a record and an offer: short facts whole, long ones sentence by sentence.

Pure Python. Does not know drafts; `attribution` compares the two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from review.spec.numbers import NUMBER, meanings_at, readings
from review.spec.schema import Facts
from review.spec.task_spec import Offer
from review.text.reading.dates import dates_in
from review.text.reading.times import times_in
from review.text.reading.units import amounts_at
from review.text.verification.shares import shares

# A fact with more words than this is a document, whose sentences are separate passages.
LONG_WORDS = 30
# Characters of a document that are indexed; the rest can be opened, but has no passages.
READ_CHARS = 20_000
OFFER = "offer"

# The full stop of `3. Mai` does not end a sentence.
SENTENCE = re.compile(
    r"[^\s.!?][^\n]*?(?:(?:(?<!\d)|(?!\.\s(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)))"
    r"[.!?]+(?=[\s\"'”)]|$)|(?=\n)|$)"
)
_WORD = re.compile(r"[^\W\d_]{2,}|\d[\d.,]*\d|\d")
# `1.2k` is a number.
_ADDRESS = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2}[\w-]*(?:/\S*)?(?<![\d.])")
_STEM = 5
_SHORTEST = 4
# Common words that would link a sentence to a fact by chance, in English and German.
_EMPTY = frozenset(
    _WORD.findall(
        "about after also been before being could does down each from have into just like made make many more most "
        "much only other over should some such than that their them then there these they this those through very "
        "want were what when where which while will with would your yours aber auch dass dein denn doch eine einem "
        "einen einer eines haben ihre ihrem ihren ihrer kann mehr nach nicht noch oder ohne sein sich sind über unter "
        "vom werden wird ihnen company team teams people"
    )
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Piece of a fact.

    Attributes:
        ref: `trigger` for a whole fact, `page.3` for the fourth sentence of a document.
        fact: Name of the fact; `offer.claims.0` and the like for the offer.
        start: First character in the fact as written out, in code points.
        end: One past the last character.
        keys: Keys that identify it.
    """

    ref: str
    fact: str
    start: int
    end: int
    keys: frozenset[str]

    @property
    def is_part(self) -> bool:
        return self.ref != self.fact


@dataclass(frozen=True, slots=True)
class PassageIndex:
    """Passages of one card, with the number of passages that hold each key."""

    passages: tuple[Passage, ...]
    holders: Mapping[str, int] = field(repr=False)

    def of(self, fact: str) -> list[Passage]:
        return [passage for passage in self.passages if passage.fact == fact]


def index_passages(facts: Facts, offer: Offer | None = None) -> PassageIndex:
    """Cut facts and an optional offer into passages."""
    texts = {name: value for name, value in facts.items() if not is_blank(value)}
    texts |= dict(offer_lines(offer)) if offer else {}
    passages = tuple(passage for name, value in texts.items() for passage in _cut(name, value) if passage.keys)
    return PassageIndex(passages, Counter(key for passage in passages for key in passage.keys))


def offer_lines(offer: Offer) -> Iterator[tuple[str, str]]:
    """Yield the parts of the offer that a draft may claim, by name, without empty ones."""
    named = [("seller", offer.seller), ("product", offer.product), ("description", offer.description)]
    named += [(f"claims.{index}", claim) for index, claim in enumerate(offer.claims)]
    yield from ((f"{OFFER}.{name}", text) for name, text in named if text.strip())


def is_blank(value: object) -> bool:
    """Return whether a value of a record is empty."""
    return value in (None, "", [])


def written(value: object) -> str:
    """Write a fact as the page does; places of passages refer to this text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(written(part) for part in value.values())
    if isinstance(value, list):
        return "; ".join(written(part) for part in value)
    return "" if value is None else str(value)


@lru_cache(maxsize=4096)
def keys_of(text: str) -> frozenset[str]:
    """Return the keys of a text: stems of rare words, names, and numbers by their possible values."""
    keys: set[str] = set()
    for match in NUMBER.finditer(text):
        keys |= meanings_at(text, match) | amounts_at(text, match)
    for date in dates_in(text):
        keys |= {f"{month}-{day}" for month, day in date.days}
    for time in times_in(text):
        keys |= {f"{minutes // 60}:{minutes % 60:02}" for minutes in time.minutes}
    keys |= {f"{share.percent:.0f}" for share in shares(text) if share.is_told}
    for word in _WORD.findall(text):
        if word[0].isdigit():
            keys |= readings(word)
        elif (len(word) >= _SHORTEST or word.isupper()) and word.casefold() not in _EMPTY:
            keys.add(word.casefold()[:_STEM])
    return frozenset(keys)


def _cut(name: str, value: object) -> Iterator[Passage]:
    # Nobody writes flags or web addresses in prose, although an address begins like the company's name.
    if isinstance(value, bool) or _ADDRESS.fullmatch(str(value).strip()[:300]):
        return
    text = written(value)[:READ_CHARS]
    if len(text.split()) <= LONG_WORDS:
        yield Passage(name, name, 0, len(text), keys_of(text))
        return
    for index, (start, end) in enumerate(_pieces(text, value)):
        yield Passage(f"{name}.{index}", name, start, end, keys_of(text[start:end]))


def _pieces(text: str, value: object) -> Iterable[tuple[int, int]]:
    """Return the sentences of a document, or the elements of a list."""
    if not isinstance(value, list):
        return [match.span() for match in SENTENCE.finditer(text)]
    spans, at = [], 0
    for part in value:
        end = at + len(written(part))
        spans.append((at, min(end, len(text))))
        at = end + len("; ")
    return [(start, end) for start, end in spans if start < end]
