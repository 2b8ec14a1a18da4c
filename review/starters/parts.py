"""What several starters are built of: the long prompt's frame, numbered reasons, plain checks. Knows no task."""

from __future__ import annotations

from review.spec import Check, CheckKind, Reason


def teacher_template(noun: str, *, opening: str = "", ending: str = "") -> str:
    """The long prompt: what to do, what a good result is, house rules, shape; then the facts.

    Args:
        noun: What is written, as in "a good <noun>".
        opening: Said after the instruction, such as who sends it.
        ending: Said after the facts.
    """
    system = [
        "{{instruction}}",
        opening,
        f"A good {noun} meets every one of these:\n{{{{rubric}}}}",
        "House rules: {{guideline}}",
        "Write in the language '{{language}}'. {{output_format}}",
    ]
    user = ["{{facts}}", ending]
    said = ["\n\n".join(part for part in parts if part) for parts in (system, user)]
    return f"=== system ===\n{said[0]}\n=== user ===\n{said[1]}\n"


def reasons(**labels: str) -> tuple[Reason, ...]:
    """Reasons for rejection by code, numbered from 1 in the order given; "other" comes last by itself."""
    named = {**labels, "other": "Other"}
    return tuple(Reason(digit=digit, code=code, label=label) for digit, (code, label) in enumerate(named.items(), 1))


def checks(*kinds: CheckKind) -> tuple[Check, ...]:
    """Checks of these kinds on all texts that are written."""
    return tuple(Check(kind=kind) for kind in kinds)
