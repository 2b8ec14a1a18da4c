"""Question to a judge about one text, and the shape of its answer: the same whenever priced or sent. Pure.

Blind: nothing says who wrote the text, what checks think of it, or what experts said. Reasons come before verdicts, so
that the verdict follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.spec import prompting, questions
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import Facts, Fields, OutputField
from review.spec.task_spec import TaskSpec

# Counted up whenever the words below change: verdicts by other words are not pooled.
PROMPT_VERSION = 2
WHY_CHARS = 300
_PASSES, _WHY = "passes", "why"
_SYSTEM = (
    "You hold one text against a task, as a strict expert of its field does before it is used. It passes only if that "
    "expert would use it as it stands, without changing a word: each claim is supported by the facts, the instruction "
    "is followed, and the guideline and every requirement are met. A claim that the facts do not support fails it, "
    "however well it is written. Length and polish say nothing of quality. " + questions.FENCE_RULE
)


def answer_task(spec: TaskSpec) -> TaskSpec:
    """Return the task of a judge's answer: why, each requirement met or not, and whether the text passes."""
    met = (
        OutputField(name=_met(place), type="boolean", description=f"Meets '{part.name}'"[:200])
        for place, part in enumerate(spec.rubric)
    )
    return questions.answer_task(
        "Judge one text.",
        OutputField(name=_WHY, max_chars=WHY_CHARS, description="What decides, in one sentence."),
        *met,
        OutputField(name=_PASSES, type="boolean", description="An expert would use it as it stands."),
        about="text",
    )


def conversation(spec: TaskSpec, facts: Facts, fields: Fields) -> list[Message]:
    """Return the conversation that asks a judge about one text.

    Raises:
        ValueError: The text does not fit the output schema.
    """
    rubric = "\n".join(
        f"- {_met(place)}, {part.name}: {part.description}".rstrip(": ") for place, part in enumerate(spec.rubric)
    )
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline}" if spec.guideline else "",
        f"Requirements:\n{rubric}" if rubric else "",
        f"Facts:\n{fenced(prompting.facts_sheet(spec, facts))}",
        f"Text to judge:\n{fenced(prompting.completion(spec, fields))}",
    ]
    return questions.question(_SYSTEM, parts, answer=answer_task(spec))


def read(spec: TaskSpec, answer: Mapping[str, Any]) -> tuple[bool | None, dict[str, bool], str]:
    """Return what an answer says: whether the text passes, which requirements it meets by their names, and why."""
    answers = {part.name: answer.get(_met(place)) for place, part in enumerate(spec.rubric)}
    passes = answer.get(_PASSES)
    meets = {name: value for name, value in answers.items() if isinstance(value, bool)}
    return passes if isinstance(passes, bool) else None, meets, str(answer.get(_WHY) or "")[:WHY_CHARS]


def _met(place: int) -> str:
    """Name the field by place: names of requirements are words for people."""
    return f"requirement_{place + 1}"
