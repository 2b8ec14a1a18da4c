"""Prompts for a revision of a draft: its own prompt, the draft as the answer, and an instruction. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review.spec import prompting
from review.spec.output_format import output_format
from review.spec.paths import text_at
from review.spec.prompting import Message
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec

LONGEST_INSTRUCTION = 500
MOST_MARKS = 6


@dataclass(frozen=True, slots=True)
class InstructionPreset:
    label: str
    instruction: str


PRESETS: tuple[InstructionPreset, ...] = (
    InstructionPreset("Shorter", "Make it shorter; keep the opening and the question."),
    InstructionPreset("Warmer", "Make it warmer."),
    InstructionPreset("More concrete", "Make it more concrete: use another of the facts."),
)


def presets(marks: Sequence[Mapping[str, Any]], fields: Fields) -> list[InstructionPreset]:
    """Return the instructions to choose from; for a draft with marks, one that names them."""
    if not marks:
        return list(PRESETS)
    return [*PRESETS, InstructionPreset("Fix what is marked", _mend_marks(marks, fields))]


def messages(
    spec: TaskSpec, facts: Facts, *, prompt: Sequence[Message], draft: Fields, instruction: str
) -> list[Message]:
    """Build the conversation that requests a revision.

    Args:
        facts: The record's facts, for a draft without a prompt.
        prompt: Prompt of the draft; may be empty.
    """
    begun = list(prompt) or prompting.messages(spec, facts, audience="teacher")
    answer: Message = {"role": "assistant", "content": prompting.completion(spec, draft)}
    wish = f"Write it again: {instruction.strip()}\nChange nothing else. {output_format(spec)}"
    return [*begun, answer, {"role": "user", "content": wish}]


def instruction_of(conversation: Sequence[Message]) -> str:
    """Return the expert's instruction from a conversation of `messages`; empty where it has no draft."""
    if len(conversation) < 2 or conversation[-2]["role"] != "assistant":
        return ""
    first, _, _ = conversation[-1]["content"].rpartition("\nChange nothing else.")
    return first.removeprefix("Write it again: ").strip()


def _mend_marks(marks: Sequence[Mapping[str, Any]], fields: Fields) -> str:
    instructions: dict[str, None] = {}
    for mark in marks:
        place = text_at(fields, str(mark["field"]))[mark["start"] : mark["end"]]
        words = " ".join(place.split())[:60]
        instructions[f"“{words}”: {mark['message']}" if words else str(mark["message"])] = None
    text = "; ".join(list(instructions)[:MOST_MARKS])
    return f"Mend what is marked. {text}."[:LONGEST_INSTRUCTION]
