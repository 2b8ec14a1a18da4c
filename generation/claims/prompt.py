"""Question to a teacher about one claim, and the shape of its answer: the same whenever priced or sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from review.spec import questions
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec
from review.text.verification.claim_task import CLAIM, PASSAGE, SUPPORTED, whole
from review.text.verification.finding import Claim, Unsupported, Verification

# Counted up whenever the words below change: answers to other words are not taken for these.
PROMPT_VERSION: Final = 2
WHY_CHARS: Final = 200
_WHY, _WORDS = "why", "words"
_SYSTEM = (
    "You check a claim against a passage. It is supported only if the passage, and nothing else you know, bears out "
    "all of it: each name, number, date, unit, cause and restriction. What follows from the passage is supported, "
    "even in other words; what is merely likely is not. A claim that is right in one half is not supported. "
    + questions.FENCE_RULE
)
ANSWER_TASK = TaskSpec(
    instruction="Check one claim against one passage.",
    input_schema=(InputField(name=CLAIM), InputField(name=PASSAGE)),
    output_schema=(
        OutputField(name=_WHY, max_chars=WHY_CHARS, description="What decides, in one short sentence."),
        OutputField(
            name=_WORDS,
            required=False,
            max_chars=WHY_CHARS,
            description="The words of the claim that are not supported, copied letter by letter; empty where all are.",
        ),
        OutputField(name=SUPPORTED, type="boolean", description="Whether the passage supports the whole claim."),
    ),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def conversation(claim: Claim) -> list[Message]:
    parts = (f"Passage:\n{fenced(claim.source)}", f"Claim:\n{fenced(claim.text)}")
    return questions.question(_SYSTEM, parts, answer=ANSWER_TASK)


def read(claim: Claim, answer: Mapping[str, Any], *, by: str) -> Verification | None:
    """Return what an answer says of a claim; None without a yes or no. The score is 0 or 1: its guess means little."""
    supported = answer.get(SUPPORTED)
    if not isinstance(supported, bool):
        return None
    return Verification(supported, float(supported), by, () if supported else (_place(claim, answer),))


def _place(claim: Claim, answer: Mapping[str, Any]) -> Unsupported:
    words, why = str(answer.get(_WORDS) or "").strip(), str(answer.get(_WHY) or "").strip()[:WHY_CHARS]
    start = claim.text.find(words) if words else -1
    place = whole(claim, 0.0)
    start, end = (start, start + len(words)) if start >= 0 else (place.start, place.end)
    return Unsupported(start, end, why or place.why, "model", 1.0)
