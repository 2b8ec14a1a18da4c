"""Contradictions: a place of which the facts or the offer say something else: another unit, another date, the other way round.

It reads by the verifier's rules (`review.text.verification.contradiction`) that object to what is said otherwise; what is nowhere in
the facts is the check *unsupported*'s. It knows English alone, and what it does not mark may still be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader
from review.text.reading.words import blanked
from review.text.verification.contradiction import contradictions

LANGUAGES: frozenset[str] | None = frozenset({"en"})
# A subject or a title is no sentence, and a quote is its source's.
_NO_SENTENCES = frozenset({"subject", "reasoning"})


def prepare(spec: TaskSpec) -> Reader | None:
    """A reader of sentences."""
    return _read


def _read(passage: CheckedText) -> Iterator[Mark]:
    if passage.schema.role in _NO_SENTENCES or passage.item.type == "quote":
        return
    text = blanked(passage.text, SLOT) if "{{" in passage.text else passage.text
    for place in contradictions(passage.evidence.passage, text):
        # What follows a colon is a stem, no word for people.
        message = place.why.replace("The passage", "The record", 1).partition(":")[0]
        yield Mark(
            "contradictions", passage.field, place.start, place.end, message, "warning", "Compare it with the facts."
        )
