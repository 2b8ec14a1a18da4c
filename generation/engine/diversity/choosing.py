"""Asking a judge which of several drafts is best, blind: what it is told, and what its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from string import ascii_uppercase

from review import prompting
from review.prompting import Message
from review.schema import Facts, Fields, InputField, OutputField
from review.spec import TaskSpec

# The letter alone, however dressed; anything more is no choice.
_LETTER = re.compile(r"[\W_]*(?:draft\s+)?([A-Za-z])[\W_]*", re.IGNORECASE)
SYSTEM = (
    "You judge drafts that several writers wrote for the same record. Hold each against the instruction, the rubric and "
    "the facts. A claim that the facts do not support weighs more than any fault of style. Neither length nor place says "
    "anything of quality."
)
ANSWER = "Answer with the letter of the best draft and nothing else."


def task() -> TaskSpec:
    """What a judge writes, as a task: one letter."""
    return TaskSpec(
        instruction=ANSWER,
        input_schema=(InputField(name="drafts"),),
        output_schema=(OutputField(name="choice", type="text", max_chars=20),),
        teacher_template="{{instruction}}",
        student_template="{{instruction}}",
    )


def conversation(spec: TaskSpec, facts: Facts, drafts: Sequence[Fields]) -> list[Message]:
    """What a judge is asked. Nothing in it says who wrote a draft, or what checks think of it.

    Raises:
        ValueError: A draft does not fit the output schema.
    """
    rubric = "\n".join(f"- {part.name}: {part.description}".rstrip(": ") for part in spec.rubric)
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline}" if spec.guideline else "",
        f"Rubric:\n{rubric}" if rubric else "",
        f"Facts:\n{prompting.facts_sheet(spec, facts)}",
        *(
            f"Draft {letter}:\n{prompting.completion(spec, fields)}"
            for letter, fields in zip(ascii_uppercase, drafts, strict=False)
        ),
        ANSWER,
    ]
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n\n".join(part for part in parts if part)},
    ]


def chosen(answer: str, count: int) -> int | None:
    """The place of the draft an answer names; None when it names none of them."""
    match = _LETTER.fullmatch(answer.strip().split("\n", 1)[0])
    place = ascii_uppercase.index(match.group(1).upper()) if match else count
    return place if place < count else None


def shuffled(order: str, drafts: Sequence[str]) -> list[str]:
    """Drafts in an order that says nothing of them, the same in every attempt."""
    return sorted(drafts, key=lambda draft: sha256(f"{order}:{draft}".encode()).hexdigest())
