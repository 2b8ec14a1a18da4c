"""Records that share most words with another: cosine of tf-idf weights (Salton and Buckley 1988). Pure Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log, sqrt

from review.spec import paths
from review.spec.schema import Facts
from review.text import scripts


class NearestFacts:
    """An index of the words of some records.

    Args:
        records: Facts of each record.
    """

    def __init__(self, records: Sequence[Facts]) -> None:
        counts = [_words(facts) for facts in records]
        frequencies = Counter(word for words in counts for word in words)
        self._count = len(records)
        self._rarity = {word: log((1 + len(records)) / (1 + times)) + 1 for word, times in frequencies.items()}
        self._holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, words in enumerate(counts):
            for word, weight in self._weights(words).items():
                self._holding[word].append((index, weight))

    def ranked(self, facts: Facts) -> list[tuple[int, float]]:
        """Return the place of each record with its likeness, 0 to 1, most alike first; equal ones keep order."""
        likeness: dict[int, float] = defaultdict(float)
        for word, weight in self._weights(_words(facts)).items():
            for index, other in self._holding.get(word, ()):
                likeness[index] += weight * other
        places = sorted(range(self._count), key=lambda index: -likeness[index])
        return [(index, likeness[index]) for index in places]

    def _weights(self, counts: Mapping[str, int]) -> dict[str, float]:
        weights = {
            word: (1 + log(times)) * self._rarity[word] for word, times in counts.items() if word in self._rarity
        }
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()} if length else {}


def _words(facts: Facts) -> Counter[str]:
    return Counter(word for leaf in paths.leaves(facts) for word in scripts.words(str(leaf).casefold()))
