"""Baselines that cost nothing: the most frequent answer, and the gold of the record that is most alike. Pure Python.

A miniature that is no better than these has learnt nothing of use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import NamedTuple

from evaluation.metrics.typed import value_fields
from review.spec import paths
from review.spec.prompting import canonical_json
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text import scripts

MAJORITY, NEAREST = "most frequent answer", "nearest gold"


class Example(NamedTuple):
    """A record trained on, and what an expert let stand for it."""

    facts: Facts
    fields: Fields
    company: str = ""


def majority(spec: TaskSpec, examples: Sequence[Example]) -> Fields:
    """The most frequent value of each field that has values; prose is that of the first gold with all of them.

    Raises:
        ValueError: There is no example.
    """
    if not examples:
        raise ValueError("the most frequent answer needs at least one approved example")
    fields = dict(examples[0].fields)
    for field in value_fields(spec):
        # Equal counts: the one that came first.
        values = {canonical_json(example.fields[field.name]): example.fields[field.name] for example in examples}
        counts = Counter(canonical_json(example.fields[field.name]) for example in examples)
        fields[field.name] = values[counts.most_common(1)[0][0]]
    return fields


class NearestGold:
    """Finds the gold whose record shares most words with another: cosine of tf-idf weights (Salton and Buckley 1988).

    Args:
        examples: Records trained on; at least one.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples
        counts = [_words(example.facts) for example in examples]
        seen = Counter(word for words in counts for word in words)
        self._rarity = {word: log((1 + len(examples)) / (1 + times)) + 1 for word, times in seen.items()}
        self._holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, words in enumerate(counts):
            for word, weight in self._weights(words).items():
                self._holding[word].append((index, weight))

    def nearest(self, facts: Facts, count: int, *, apart_from: str = "") -> list[Example]:
        """The examples that are most alike, the most alike first; among equal ones those that came first.

        Args:
            apart_from: A company whose examples are left out, where it has a name.
        """
        likeness: dict[int, float] = defaultdict(float)
        for word, weight in self._weights(_words(facts)).items():
            for index, other in self._holding.get(word, ()):
                likeness[index] += weight * other
        others = [
            index for index, example in enumerate(self._examples) if not apart_from or example.company != apart_from
        ]
        return [self._examples[index] for index in sorted(others, key=lambda index: -likeness[index])[:count]]

    def _weights(self, counts: Mapping[str, int]) -> dict[str, float]:
        weights = {
            word: (1 + log(times)) * self._rarity[word] for word, times in counts.items() if word in self._rarity
        }
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()} if length else {}


def _words(facts: Facts) -> Counter[str]:
    return Counter(word for leaf in paths.leaves(facts) for word in scripts.words(str(leaf).casefold()))
