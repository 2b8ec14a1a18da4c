"""Tasks whose miniatures can verify: the facts `claim` and `passage`, and a yes or no called `supported`.

Pure Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.verification.finding import SUPPORTED_FROM, Claim, Unsupported, Verification

CLAIM, PASSAGE, SUPPORTED = "claim", "passage", "supported"
_TEXTS: Final = frozenset({"text", "document"})
NO_SUPPORT: Final = "The model finds no support for this"


def is_claim_task(spec: TaskSpec) -> bool:
    """Return whether a task asks if a passage supports a claim."""
    facts = {fact.name: fact.type for fact in spec.input_schema}
    answers = {field.name: field.type for field in spec.output_schema}
    return facts.get(CLAIM) in _TEXTS and facts.get(PASSAGE) in _TEXTS and answers.get(SUPPORTED) == "boolean"


def facts_of(claim: Claim) -> Facts:
    """A claim as the facts of such a task."""
    return {CLAIM: claim.text, PASSAGE: claim.source}


def verification_of(
    claim: Claim, fields: Mapping[str, Any] | None, probabilities: Mapping[str, Mapping[str, float]], *, by: str
) -> Verification | None:
    """Convert an answer of a claim-checking task into a verification of its claim.

    Args:
        fields: The answer; None where it had not the task's shape.
        probabilities: A classifier's, of each label by field; empty of a model that writes.

    Returns:
        None without a yes or no. The score is the probability of yes, or 0 or 1 where the model tells none.
    """
    supported = (fields or {}).get(SUPPORTED)
    if not isinstance(supported, bool):
        return None
    score = probabilities.get(SUPPORTED, {}).get("true", float(supported))
    # An answer and its probability can differ by rounding alone.
    score = max(score, SUPPORTED_FROM) if supported else min(score, SUPPORTED_FROM - 0.0001)
    return Verification(supported, round(score, 4), by, () if supported else (whole(claim, 1 - score),))


def whole(claim: Claim, risk: float) -> Unsupported:
    """A claim as a whole, of which a model says no more than that it is not supported."""
    return Unsupported(0, len(claim.text), NO_SUPPORT, "model", round(risk, 4))
