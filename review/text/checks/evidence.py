"""Evidence for a draft: the words, names and numbers of its record and of the offer. Knows no check."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cached_property

from review.spec.numbers import meanings_in, readings_in_codes
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.grounding import quoting
from review.text.reading.currencies import currencies_in
from review.text.reading.dates import FoundDate, dates_in
from review.text.reading.digit_rows import DigitRow, digit_rows
from review.text.reading.times import times_in
from review.text.reading.units import amount
from review.text.reading.words import WORD
from review.text.verification.quantities import quantities
from review.text.verification.shares import Share, shares
from review.text.verification.source import SourceText, read


class Support:
    """Evidence of a task version itself: the same for all of its drafts."""

    def __init__(self, spec: TaskSpec) -> None:
        offer = spec.offer
        # Forbidden phrases are no evidence.
        offer_texts = [offer.seller, offer.product, offer.description, offer.tone, offer.signature, *offer.claims]
        self.written = "\n".join(part for part in offer_texts if part)
        self.text = self.written.casefold()
        self.words = frozenset(_words(offer_texts)) | frozenset(_words([spec.instruction, spec.guideline]))
        self.numbers = meanings_in("\n".join(offer_texts))
        self.group_field = spec.facts_with_role("group")
        self.names = tuple(field.name for field in spec.input_schema)
        self.cited_places = quoting.quotable_facts(spec)


class Evidence:
    """Evidence of one record and its task version; each part is computed on first use."""

    def __init__(self, support: Support, facts: Facts) -> None:
        self._support, self._facts = support, facts
        self._texts = [text for name in support.names for text in plain_texts(facts.get(name))]
        self._written = "\n".join([*self._texts, support.written])
        self.group = " ".join(str(facts.get(support.group_field) or "").split()) if support.group_field else ""

    @cached_property
    def text(self) -> str:
        """Facts and offer as one case-folded text."""
        return "\n".join([*self._texts, ""]).casefold() + self._support.text

    @cached_property
    def passage(self) -> SourceText:
        """Facts and offer parsed for the verifier, once for all texts of the record because it is costly."""
        return read(self._written)

    @cached_property
    def cited(self) -> dict[str, str]:
        """Texts of the record by address (without a trailing slash), with single blanks."""
        return {
            quoting.address(url): spaced(text)
            for url, text in quoting.texts_by_address(self._support.cited_places, self._facts).items()
        }

    def holder(self, quote: str, fact: str = "") -> str:
        """Return the fact, or the part of one, that holds a quote; empty where none does.

        Args:
            fact: Only fact to search; empty for all.
        """
        place = quoting.holder(quote, self._facts, [fact] if fact else self._support.names)
        return place[0].path if place else ""

    @cached_property
    def spaced_text(self) -> str:
        """All facts as one text with single blanks."""
        return spaced("\n".join(self._texts))

    @cached_property
    def words(self) -> frozenset[str]:
        """Case-folded words of facts, offer and instruction."""
        return self._support.words.union(_words(self._texts))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Readings of each number in facts and offer."""
        text = "\n".join(self._texts)
        return self._support.numbers.union(
            meanings_in(text), readings_in_codes(text), *(date.numbers() for date in self.dates)
        )

    @cached_property
    def dates(self) -> tuple[FoundDate, ...]:
        """Dates in facts and offer."""
        return tuple(dates_in(self._written))

    @cached_property
    def digit_rows(self) -> tuple[DigitRow, ...]:
        """Phone numbers and the like in facts and offer."""
        return tuple(digit_rows(self._written))

    @cached_property
    def times(self) -> frozenset[int]:
        """Times of day in facts and offer, in minutes."""
        return frozenset().union(*(time.minutes for time in times_in(self._written)))

    @cached_property
    def spelt_numbers(self) -> frozenset[str]:
        """Values of spelled-out numbers in facts and offer."""
        found = quantities(self._written)
        return frozenset(value for quantity in found if quantity.is_spelt for value in quantity.values)

    @cached_property
    def amounts(self) -> frozenset[str]:
        """Numbers with their units in facts and offer, in the smallest unit of their dimension."""
        return frozenset(
            amount(quantity.unit, value)
            for quantity in self.passage.quantities.all
            if quantity.unit
            for value in quantity.values
        )

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Percentages and fractions in facts and offer."""
        return tuple(shares(self._written))

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Codes of the currencies in facts and offer."""
        return currencies_in(self._written)


def spaced(text: str) -> str:
    """Collapse blanks and line breaks of a text, and normalise its letters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def plain_texts(value: object) -> list[str]:
    """Return the texts inside a fact; each part of a list."""
    return [part.text for part in quoting.fact_texts("", value)]


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for word in WORD.findall(text.casefold()):
            yield word
            if "-" in word:
                yield from word.split("-")
