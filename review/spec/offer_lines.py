"""Lines of a prompt on a task's offer and rubric; the same for all records. Pure Python."""

from __future__ import annotations

from review.spec.task_spec import TaskSpec


def rubric_lines(spec: TaskSpec) -> str:
    """Return each requirement with its description, one a line."""
    return "\n".join(f"- {r.name}: {r.description}" if r.description else f"- {r.name}" for r in spec.rubric)


def claim_lines(spec: TaskSpec) -> str:
    """Return the claims that drafts may make, one a line."""
    return "\n".join(f"- {claim}" for claim in spec.offer.claims)


def forbidden_phrases(spec: TaskSpec) -> str:
    """Return the forbidden phrases of the offer, separated by commas."""
    return ", ".join(spec.offer.forbidden_phrases)


def offer_lines(spec: TaskSpec) -> str:
    """Return the whole offer, without empty parts."""
    offer = spec.offer
    lines = (
        f"Seller: {offer.seller}" if offer.seller else "",
        f"Product: {offer.product}" if offer.product else "",
        offer.description,
        f"Allowed claims:\n{claim_lines(spec)}" if offer.claims else "",
        f"Never write: {forbidden_phrases(spec)}" if offer.forbidden_phrases else "",
        f"Tone: {offer.tone}" if offer.tone else "",
        f"Signature:\n{offer.signature}" if offer.signature else "",
    )
    return "\n".join(line for line in lines if line)
