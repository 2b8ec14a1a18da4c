"""Telling words: what a sentence is about, and the quantities it names. Pure Python."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from review.text.verification import negation
from review.text.verification.quantities import Quantity
from review.text.verification.thesaurus import SMALL
from review.text.verification.words import Word, words_of

# Telling words behind a number that may be what it counts, and all words among which they stand.
_COUNTED, _AMONG = 3, 8
_BREAK = re.compile(r"[.,;:!?()\n\u2013\u2014\"]")
_KEY, _DIGIT = re.compile(r"[^:\n.]{2,40}:"), re.compile(r"\d")


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


def behind(text: str, words: Sequence[Word], end: int) -> list[Word]:
    """The telling words right behind a place, to the next small word or break."""
    found: list[Word] = []
    at, first = end, bisect_left(words, end, key=lambda word: word.start)
    for word in words[first : first + _AMONG]:
        if _BREAK.search(text, at, word.start) or len(found) == _COUNTED:
            break
        if word.text in SMALL:
            if found or word.text not in {"of", "your", "the", "its", "their", "our", "more", "other"}:
                break
        else:
            found.append(word)
        at = word.end
    return found


def things(text: str, words: Sequence[Word], quantities: Sequence[Quantity]) -> dict[int, set[str]]:
    """Roots of what each number counts, by its place.

    The words behind it, and the key of its line if it is the first there.
    """
    found = {}
    for quantity in quantities:
        if quantity.kind == "number":
            roots = {word.root for word in behind(text, words, quantity.end)}
            key = _KEY.match(text, text.rfind("\n", 0, quantity.start) + 1)
            if key and key.end() <= quantity.start and not _DIGIT.search(text, key.end(), quantity.start):
                roots |= {word.root for word in words_of(key.group()) if word.text not in SMALL}
            found[quantity.start] = roots
    return found
