"""Telling words: what a sentence is about, and the quantities it names. Pure Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from review.text.verification import negation
from review.text.verification.quantities import Quantity
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word


class Telling(NamedTuple):
    """A telling word or a quantity at its place.

    Attributes:
        key: Root of the word, or kind and value of the quantity: what is compared.
        is_name: Whether the word begins with a capital.
    """

    start: int
    end: int
    key: str
    word: Word | None = None
    quantity: Quantity | None = None
    is_name: bool = False


def telling(text: str, words: Sequence[Word], quantities: Sequence[Quantity]) -> list[Telling]:
    """Telling words and quantities of a text in their order; a quantity stands for the words it is made of."""
    counted = {place for each in quantities for place in range(each.start, each.end)} if quantities else set()
    found = [Telling(each.start, each.end, f"{each.kind} {min(each.amounts())}", quantity=each) for each in quantities]
    for word in words:
        if word.text not in SMALL and word.start not in counted and not negation.is_cue(word):
            found.append(Telling(word.start, word.end, word.root, word, is_name=text[word.start].isupper()))
    return sorted(found, key=lambda each: each.start)
