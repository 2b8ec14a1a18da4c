"""Search for passages: texts cut at sentences and ranked for a claim by the rare words they share with it. Pure Python.

Ranking is BM25 (Robertson and Zaragoza 2009, Foundations and Trends in Information Retrieval 3(4)) with its usual values.
Words are those of the product's search. Its index holds drafts and wants all words of a line, so it is not used: a claim that
is wrong in a word would find nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from review.text.search.words import folded

SENTENCES: Final = 3
_K1, _B = 1.2, 0.75
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")


def cut(text: str) -> list[str]:
    """Cut a text into passages of three sentences each, in its order."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
    return [" ".join(sentences[start : start + SENTENCES]) for start in range(0, len(sentences), SENTENCES)]


class PassageIndex:
    def __init__(self, passages: Iterable[str]) -> None:
        counts = [Counter(folded(passage)) for passage in passages]
        mean = sum(words.total() for words in counts) / len(counts) if counts else 1.0
        self._lengths = [_K1 * (1 - _B + _B * words.total() / mean) for words in counts]
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, words in enumerate(counts):
            for word, count in words.items():
                self._places[word].append((place, count))

    def find(self, claim: str, limit: int) -> list[int]:
        """Return the places of the best passages for a claim, best first; passages that share no word with it are none."""
        scores: dict[int, float] = defaultdict(float)
        # Sorted, so that sums and with them ties come out alike in every process.
        for word in sorted(set(folded(claim))):
            places = self._places.get(word, [])
            rarity = math.log(1 + (len(self._lengths) - len(places) + 0.5) / (len(places) + 0.5))
            for place, count in places:
                scores[place] += rarity * count * (_K1 + 1) / (count + self._lengths[place])
        return sorted(scores, key=lambda place: (-scores[place], place))[:limit]
