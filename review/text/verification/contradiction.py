"""The rules that may speak of texts that say much of their own. Pure Python.

They find what a passage says otherwise, and names and numbers from nowhere.

A mail or a reply says much that is in no fact, so a word that stands nowhere in the facts is no sign of a fault there,
and it denies much that nobody affirmed: rules on denials and restrictions are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from review.text.verification import amounts, company, entities, objections, roles
from review.text.verification.claim import ClaimSentence, sentences
from review.text.verification.finding import Rule, Unsupported
from review.text.verification.source import SourceText
from review.text.verification.words import words_of

# A rule, and the least risk at which an objection of its is told, by the kind of objection.
_Told = tuple[Callable[[ClaimSentence], Iterable[Unsupported]], Mapping[Rule, float]]
_OTHERWISE: tuple[_Told, ...] = (
    (amounts.amounts, {"unit": 0.6, "number": 0.6, "date": 0.85}),
    (entities.titles, {"name": 0.8}),
    (roles.exchanged, {"role": 0.7}),
    (objections.reversals, {"antonym": 0.85}),
    (company.exchanged_words, {"antonym": 0.85, "number": 0.85, "date": 0.85}),
)
_NOWHERE: tuple[_Told, ...] = (
    (entities.names, {"name": 0.85}),
    (entities.changed_names, {"name": 0.6}),
    (entities.quotes, {"quote": 0.7}),
)


def contradictions(source: SourceText, text: str) -> Iterator[Unsupported]:
    """Places of a text the passage contradicts, sentence by sentence; a question claims nothing and is left out."""
    for sentence in sentences(source, text):
        if not text[sentence.start : sentence.end].rstrip(" \"'\u201d)\n").endswith("?"):
            yield from (each for each in _told(sentence, _OTHERWISE) if each.why != amounts.UNKNOWN.why)


def refutations(source: SourceText, text: str) -> Iterator[Unsupported]:
    """Contradictions, and names, numbers and quotes that the passage does not hold."""
    for sentence in sentences(source, text):
        yield from _told(sentence, _OTHERWISE + _NOWHERE)


def _told(sentence: ClaimSentence, rules: Sequence[_Told]) -> Iterator[Unsupported]:
    for rule, least in rules:
        for objection in rule(sentence):
            if objection.risk >= least.get(objection.rule, math.inf) and not _is_count_in_a_month(sentence, objection):
                yield objection


def _is_count_in_a_month(sentence: ClaimSentence, objection: Unsupported) -> bool:
    """Return whether the passage holds all words of a date objected to, such as those of `in May 24 people began`."""
    if objection.rule != "date":
        return False
    words = words_of(sentence.text[objection.start : objection.end])
    return all(sentence.source.has(word.root) for word in words)
