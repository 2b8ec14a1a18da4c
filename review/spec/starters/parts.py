"""Parts that several starters share: the long prompt's frame, numbered reasons, plain checks. Knows no task."""

from __future__ import annotations

from dataclasses import dataclass

from review.spec.schema import Facts, Fields
from review.spec.task_spec import Check, CheckKind, Reason, TaskSpec


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
    prompts = ["\n\n".join(part for part in parts if part) for parts in (system, user)]
    return f"=== system ===\n{prompts[0]}\n=== user ===\n{prompts[1]}\n"


def reasons(**labels: str) -> tuple[Reason, ...]:
    """Reasons for rejection by code, numbered from 1 in the order given; "other" comes last by itself."""
    named = {**labels, "other": "Other"}
    return tuple(Reason(digit=digit, code=code, label=label) for digit, (code, label) in enumerate(named.items(), 1))


def checks(*kinds: CheckKind) -> tuple[Check, ...]:
    """Checks of these kinds on all texts that are written."""
    return tuple(Check(kind=kind) for kind in kinds)


@dataclass(frozen=True)
class Starter:
    """A task to begin from.

    Attributes:
        name: Its name on pages; also what a new task is called at first.
        summary: One sentence on what it is for.
        spec: The specification, ready to be changed.
        facts: Facts of a made-up record, so that a page can show a prompt before anything is imported.
        fields: A draft for that record, to show the shape of an answer.
    """

    slug: str
    name: str
    summary: str
    spec: TaskSpec
    facts: Facts
    fields: Fields
