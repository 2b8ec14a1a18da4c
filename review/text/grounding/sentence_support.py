"""Sentences of a draft that its record does not support, by the verifier's rules. Pure Python; English only.

Every claim is compared with the facts and the offer: numbers, units, dates, names, quotes and contradictions. A
sentence without an objection may still be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from review.spec.paths import texts
from review.spec.schema import SLOT, Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text import checks
from review.text.grounding import attribution
from review.text.reading.words import blanked
from review.text.verification.contradiction import refutations

LANGUAGES = frozenset({"en"})
_NO_SENTENCES = frozenset({"subject", "reasoning"})


@dataclass(frozen=True, slots=True)
class UnsupportedSentence:
    """Sentence that the record does not support.

    Attributes:
        path: Path of its text, such as `body` or `claims.0.text`.
        start: First character, in code points of that text.
        end: One past the last character.
        why: Strongest objection.
    """

    path: str
    start: int
    end: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class SentenceSupport:
    """Support of a draft by its record: the number of claims, and the unsupported ones."""

    claims: int
    unsupported: tuple[UnsupportedSentence, ...]


def sentence_support(spec: TaskSpec, facts: Facts, fields: Fields) -> SentenceSupport | None:
    """Compare the sentences of a draft with its record; None for other languages than English."""
    if spec.language[:2] not in LANGUAGES:
        return None
    passage, count, unsupported = checks.evidence_of(spec, facts).passage, 0, list[UnsupportedSentence]()
    for place in texts(spec.output_schema, fields):
        if place.field.role in _NO_SENTENCES or place.item.type == "quote":
            continue
        for start, end in attribution.claims(place.text, spec.language):
            count += 1
            refuted = list(refutations(passage, blanked(place.text[start:end], SLOT)))
            if refuted:
                why = max(refuted, key=lambda objection: objection.risk).why
                unsupported.append(UnsupportedSentence(place.path, start, end, place.text[start:end], why))
    return SentenceSupport(count, tuple(unsupported))
