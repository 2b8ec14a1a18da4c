"""Contradictions: places that contradict the facts or the offer, such as another unit, another date or a reversal.

The rules are the verifier's (`review.text.verification.contradiction`). The check *unsupported* marks words that the
facts lack. English only; unmarked places may still be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import blanked
from review.text.verification.contradiction import contradictions

LABEL, NAME = "Contradictions", _("contradictions")
DESCRIPTION = "A unit, date, number or order of names that the facts say otherwise; in English."
LANGUAGES: frozenset[str] | None = frozenset({"en"})
# Subjects and titles are no sentences; quotes belong to their source.
_NO_SENTENCES = frozenset({"subject", "reasoning"})


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of sentences."""
    return _read


def _read(passage: CheckedText) -> Iterator[Mark]:
    if passage.schema.role in _NO_SENTENCES or passage.item.type == "quote":
        return
    text = blanked(passage.text, SLOT) if "{{" in passage.text else passage.text
    for place in contradictions(passage.evidence.passage, text):
        # The word stem after a colon is not for people.
        message = place.why.replace("The passage", "The record", 1).partition(":")[0]
        yield Mark(
            "contradictions", passage.field, place.start, place.end, message, "warning", "Compare it with the facts."
        )
