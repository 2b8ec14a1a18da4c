"""Quotes of a draft, located literally in the facts of its record. Pure Python.

Case counts. Runs of blanks and line breaks count as one, quotation marks around the whole do not count, and letters are
compared after Unicode composition. By convention the fact `source_1` is a cited text where there is a fact
`source_1_url` of the type url.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from review.spec.paths import TextPlace, texts
from review.spec.schema import Facts, Fields, InputField, OutputField, OutputItem
from review.spec.task_spec import TaskSpec

# Parts of a claim by convention: its words, and the address of their source.
QUOTE, URL = "quote", "url"
# English, German and French quotation marks.
AROUND = "\"' \u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
_CLUSTER = re.compile(r".[\u0300-\u036f\u1100-\u11ff]*", re.DOTALL)


class FactText(NamedTuple):
    """Text inside a fact.

    Attributes:
        path: `page` for a fact that is a text, `talk.2.content` for a part of one.
        at: Its offset in the fact as `passages.written` writes it out.
    """

    path: str
    text: str
    at: int


class QuotePlace(NamedTuple):
    """Place of a draft's quote in the facts.

    Attributes:
        path: Path of the quote in the draft, such as `claims.0.quote`.
        fact: `FactText.path` of the text that holds it.
        start: First character in that text, in code points.
        end: One past the last character.
        at: Offset of that text in its fact as written out.
    """

    path: str
    fact: str
    start: int
    end: int
    at: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"path": self.path, "fact": self.fact, "start": self.start, "end": self.end}


def find(quote: str, text: str) -> tuple[int, int] | None:
    """Return start and end of a quote in a text, or None where the text does not hold it."""
    words = unicodedata.normalize("NFC", quote).strip(AROUND).split()
    if not words:
        return None
    pattern = r"\s+".join(map(re.escape, words))
    if unicodedata.is_normalized("NFC", text):
        match = re.search(pattern, text)
        return match.span() if match else None
    composed, starts = _composed(text)
    match = re.search(pattern, composed)
    return (starts[match.start()], starts[match.end()]) if match else None


def is_quote(item: OutputItem) -> bool:
    """Return whether a value is a quote: by its type, or by its name as a part of a claim."""
    return item.type == "quote" or (item.type == "text" and not isinstance(item, OutputField) and item.name == QUOTE)


def holds_quotes(item: OutputItem) -> bool:
    """Return whether a field is a quote or has one as a part."""
    return is_quote(item) or any(map(holds_quotes, item.items))


def places(schema: Sequence[OutputField], facts: Facts, fields: Fields) -> list[QuotePlace]:
    """Locate the quotes of a draft in the record's facts, in the order of the draft.

    A quote with a fact is searched there only; a quote with an address first in the text of that address (see
    `quotable`). The first place counts.
    """
    if not has_quotes(tuple(schema)):
        return []
    candidates = (_place(place, facts) for place in texts(schema, fields) if is_quote(place.item))
    return [place for place in candidates if place]


def strays(schema: Sequence[OutputField], places: Iterable[QuotePlace], fields: Fields) -> int:
    """Count the characters of a draft's quotes without a place."""
    placed = {place.path for place in places}
    quotes = (place for place in texts(schema, fields) if is_quote(place.item) and place.path not in placed)
    return sum(len(place.text.strip()) for place in quotes)


@lru_cache(maxsize=64)
def has_quotes(schema: tuple[OutputField, ...]) -> bool:
    """Return whether any field of an output is a quote or has one as a part."""
    return any(map(holds_quotes, schema))


def fact_texts(name: str, value: object, at: int = 0) -> Iterator[FactText]:
    """Yield the texts inside a fact: each part of a list or an object. Flags and missing values have none."""
    if isinstance(value, (list, tuple, dict)):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for index, (key, part) in enumerate(parts):
            at += len("; ") if index else 0
            inside = list(fact_texts(f"{name}.{key}", part, at))
            yield from inside
            at += _length(part)
    elif value is not None and not isinstance(value, bool):
        yield FactText(name, str(value), at)


def overlap(places: Iterable[QuotePlace], gold: Iterable[QuotePlace], *, strays: int = 0) -> float:
    """Compute F1 over characters of two sets of places, as SQuAD does over words (Rajpurkar et al. 2016, section 6.1).

    Args:
        strays: Number of further characters without a place.

    Returns:
        1 for equal sets, also empty ones; 0 without a shared character.
    """
    first, second = _characters(places), _characters(gold)
    total = strays + sum(map(len, [*first.values(), *second.values()]))
    shared = sum(len(first[fact] & second[fact]) for fact in first.keys() & second.keys())
    return 2 * shared / total if total else 1.0


def _characters(quoted: Iterable[QuotePlace]) -> dict[str, set[int]]:
    by_fact: dict[str, set[int]] = defaultdict(set)
    for place in quoted:
        by_fact[place.fact].update(range(place.start, place.end))
    return by_fact


def holder(quote: str, facts: Facts, names: Iterable[str]) -> tuple[FactText, tuple[int, int]] | None:
    """Return the first text of some facts that holds a quote, and the place; None where none does."""
    for name in names:
        for part in fact_texts(name, facts.get(name)):
            if span := find(quote, part.text):
                return part, span
    return None


def stray_quote(schema: Iterable[InputField], facts: Facts) -> tuple[str, str] | None:
    """Return the first fact of a record whose quote is not in its source, and the fault; None without one.

    A quote without a source text passes.
    """
    quotes = {field.name: field.source for field in schema if field.type == "quote"}
    for name, source in quotes.items():
        held = [other for other in ([source] if source else facts.keys() - quotes) if facts.get(other)]
        if facts.get(name) and held and holder(str(facts[name]), facts, held) is None:
            where = f"'{source}'" if source else "any other fact"
            return name, f"is '{str(facts[name])[:60]}', which is not in {where} letter by letter"
    return None


def input_places(schema: Iterable[InputField], facts: Facts) -> list[QuotePlace]:
    """Locate each fact that quotes another fact of its record."""
    quotes = {field.name: field.source for field in schema if field.type == "quote" and facts.get(field.name)}
    candidates = {
        name: holder(str(facts[name]), facts, [source] if source else sorted(facts.keys() - quotes))
        for name, source in quotes.items()
    }
    return [QuotePlace(name, held[0].path, *held[1], at=held[0].at) for name, held in candidates.items() if held]


def _place(place: TextPlace, facts: Facts) -> QuotePlace | None:
    spot = holder(place.text, facts, _candidates(place, facts))
    return QuotePlace(place.path, spot[0].path, *spot[1], at=spot[0].at) if spot else None


def _candidates(place: TextPlace, facts: Facts) -> list[str]:
    if place.item.source:
        return [place.item.source]
    url = place.parts.get(URL, "").strip()
    return sorted(facts, key=lambda name: not (url and address(facts.get(f"{name}_{URL}")) == address(url)))


def _length(value: object) -> int:
    if isinstance(value, bool):
        return len("yes" if value else "no")
    if isinstance(value, (list, tuple, dict)):
        parts = list(value.values() if isinstance(value, dict) else value)
        return sum(map(_length, parts)) + len("; ") * max(0, len(parts) - 1)
    return 0 if value is None else len(str(value))


def _composed(text: str) -> tuple[str, list[int]]:
    """Compose the letters of a text, and return the original offset of each character and of the end."""
    pieces, starts = [], []
    for match in _CLUSTER.finditer(text):
        piece = unicodedata.normalize("NFC", match[0])
        pieces.append(piece)
        starts += [match.start()] * len(piece)
    return "".join(pieces), [*starts, len(text)]


_URL = "_url"


class CitedText(NamedTuple):
    """Names of two facts: a text and its address."""

    text: str
    url: str


def quotable_facts(spec: TaskSpec) -> tuple[CitedText, ...]:
    """Return the facts that may hold cited texts, each with the fact of its address."""
    addresses = {field.name for field in spec.input_schema if field.type == "url"}
    return tuple(
        CitedText(field.name, field.name + _URL)
        for field in spec.input_schema
        if field.type == "text" and field.name + _URL in addresses
    )


def address(url: object) -> str:
    """Normalise the address of a source: no trailing slash and no fragment."""
    return str(url or "").strip().partition("#")[0].rstrip("/")


def texts_by_address(held: Iterable[CitedText], facts: Facts) -> dict[str, str]:
    """Return cited texts by address, without those that have none; two texts of one address are joined."""
    by_address: dict[str, str] = {}
    for place in held:
        url, text = str(facts.get(place.url) or "").strip(), str(facts.get(place.text) or "")
        if url and text:
            by_address[url] = f"{by_address[url]}\n{text}" if url in by_address else text
    return by_address
