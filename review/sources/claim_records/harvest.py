"""Reads claims off one verdict: sentences that an expert let stand, and those that were wrong. Pure Python.

A sentence counts as supported where an expert accepted its draft and it rests on a fact; as not supported where an edit
changed one of its numbers or names, or where its draft was rejected for a wrong fact and it is known which sentence was
meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from review.spec import prompting
from review.spec.numbers import readings_in
from review.spec.paths import texts
from review.spec.schema import SLOT, Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text.grounding import attribution
from review.text.grounding.passages import PassageIndex, index_passages, offer_lines
from review.text.grounding.sentence_support import sentence_support
from review.text.reading.names import unknown_names

# Of one accepted draft, so that long ones do not crowd out the others.
_OF_ONE_DRAFT: Final = 2
# From here on two sentences are one before and after an edit.
_ALIKE: Final = 0.6
_SHORTEST_CHARS: Final = 20


class HarvestedClaim(NamedTuple):
    text: str
    supported: bool


def passage_of(spec: TaskSpec, facts: Facts) -> str:
    """The facts as the task's prompts write them, and what its offer says: what a sentence may lean on."""
    offer = "\n".join(line for _, line in offer_lines(spec.offer))
    return f"{prompting.facts_sheet(spec, facts)}\n{offer}".strip()


def accepted(spec: TaskSpec, facts: Facts, fields: Fields) -> list[HarvestedClaim]:
    """Sentences of an accepted draft that rest on a fact, those that rest on most first."""
    index = index_passages(facts, spec.offer)
    pairs = [
        (sentence, text)
        for text in _texts(spec, fields)
        for sentence in _resting(text, index, spec.language)
        if not SLOT.search(text[sentence.start : sentence.end])
    ]
    best = sorted(pairs, key=lambda each: -len(each[0].facts))[:_OF_ONE_DRAFT]
    return [HarvestedClaim(text[sentence.start : sentence.end], True) for sentence, text in best]


def edited(spec: TaskSpec, before: Fields, after: Fields) -> list[HarvestedClaim]:
    """Sentences in which an edit put other numbers or names: not supported as they were, supported as they are."""
    were, are = (dict.fromkeys(_sentences(spec, fields)) for fields in (before, after))
    gone, come = [each for each in were if each not in are], [each for each in are if each not in were]
    claims = []
    for old in gone:
        new = max(come, key=lambda each: _likeness(old, each), default="")
        if new and _likeness(old, new) >= _ALIKE and _told(old) - _told(new) and _told(new):
            claims += [HarvestedClaim(old, False), HarvestedClaim(new, True)]
            come.remove(new)
    return claims


def rejected(spec: TaskSpec, facts: Facts, fields: Fields) -> list[HarvestedClaim]:
    """Sentences of a draft that was rejected for a wrong fact.

    Those the rules refute, or the only one that claims anything.

    Where neither is so nobody knows which sentence was meant, and there is none.
    """
    support = sentence_support(spec, facts, fields)
    wrong = [each.text for each in support.unsupported] if support else []
    if not wrong and len(claimed := list(_sentences(spec, fields))) == 1:
        wrong = claimed
    return [HarvestedClaim(text, False) for text in wrong if not SLOT.search(text)]


def _texts(spec: TaskSpec, fields: Fields) -> list[str]:
    places = texts(spec.output_schema, fields)
    return [
        place.text
        for place in places
        if (not place.field.role and place.item.type != "quote") or place.field.role == "body"
    ]


def _sentences(spec: TaskSpec, fields: Fields) -> Iterator[str]:
    for text in _texts(spec, fields):
        yield from (text[start:end] for start, end in attribution.claims(text, spec.language))


def _resting(text: str, index: PassageIndex, language: str) -> Iterator[attribution.Sentence]:
    claims = set(attribution.claims(text, language))
    for sentence in attribution.attribute(text, index, language=language):
        is_long = sentence.end - sentence.start >= _SHORTEST_CHARS
        if sentence.facts and is_long and (sentence.start, sentence.end) in claims:
            yield sentence


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _told(sentence: str) -> frozenset[str]:
    """Numbers and names of a sentence."""
    names: Sequence[tuple[int, int]] = list(unknown_names(sentence, frozenset()))
    return readings_in(sentence) | {sentence[start:end] for start, end in names}
