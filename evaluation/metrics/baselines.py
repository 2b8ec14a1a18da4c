"""Baselines that cost nothing: the most frequent answer, and the gold of the record that is most alike. Pure Python.

A miniature that is no better than these has learnt nothing of use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from evaluation.metrics.typed import value_fields
from review.spec.prompting import canonical_json
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text.nearest_facts import NearestFacts

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
    """Finds the gold whose record shares most words with another.

    Args:
        examples: Records trained on; at least one.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples
        self._records = NearestFacts([example.facts for example in examples])

    def nearest(self, facts: Facts, count: int, *, apart_from: str = "") -> list[Example]:
        """The examples that are most alike, the most alike first; among equal ones those that came first.

        Args:
            apart_from: A company whose examples are left out, where it has a name.
        """
        ranked = (self._examples[index] for index, _ in self._records.ranked(facts))
        return [each for each in ranked if not apart_from or each.company != apart_from][:count]
