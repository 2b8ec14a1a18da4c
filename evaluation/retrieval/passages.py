"""Finds passages for a claim: pages cut at sentences, ranked by the rare words they share with it. Pure Python.

Ranking is BM25 (Robertson and Zaragoza 2009, Foundations and Trends in Information Retrieval 3(4)) with its usual values. Words are those of the product's search, without case
and accents; its index, which holds drafts and asks for all words of a line, is not used: a claim that is wrong in a word would find nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from review.text.search.words import folded

SENTENCES: Final = 3
_K1, _B = 1.2, 0.75
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")


class Passage(NamedTuple):
    """A few sentences of a page, and the address of that."""

    document: str
    text: str


def cut(document: str, text: str) -> list[Passage]:
    """A page's passages, of three sentences each, in the order of the page."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
    return [
        Passage(document, " ".join(sentences[start : start + SENTENCES]))
        for start in range(0, len(sentences), SENTENCES)
    ]


class PassageIndex:
    """Passages that can be asked for."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._passages = list(passages)
        self._counts = [Counter(folded(passage.text)) for passage in self._passages]
        lengths = [counts.total() for counts in self._counts]
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._holding = Counter(word for counts in self._counts for word in counts)

    def find(self, claim: str, count: int) -> list[Passage]:
        """The best passages for a claim, best first; those that share no word with it are none."""
        asked = set(folded(claim))
        scored = [(self._score(asked, counts), place) for place, counts in enumerate(self._counts)]
        best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
        return [self._passages[place] for _, place in best[:count]]

    def _score(self, asked: set[str], counts: Counter[str]) -> float:
        long = _K1 * (1 - _B + _B * counts.total() / self._mean)
        return sum(
            self._rarity(word) * counts[word] * (_K1 + 1) / (counts[word] + long) for word in asked & counts.keys()
        )

    def _rarity(self, word: str) -> float:
        holding = self._holding[word]
        return math.log(1 + (len(self._passages) - holding + 0.5) / (holding + 0.5))
