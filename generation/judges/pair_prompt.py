"""Question to a judge about two texts on one record, and the shape of its answer: the same words in both orders. Pure.

Blind: nothing says who wrote which. The reason comes before the preference, so that it follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.spec import prompting, questions
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import Facts, Fields, Label, OutputField
from review.spec.task_spec import TaskSpec
from stats.pair_preferences import ANSWERS, FIRST, SECOND, TIE

# Counted up whenever the words below change: preferences by other words are not pooled.
PROMPT_VERSION = 2
WHY_CHARS = 300
_BETTER, _WHY = "better", "why"
_SYSTEM = (
    "You compare two texts that were written for the same task from the same facts, as a strict expert of its field "
    "would who may use one of them. Better is the text that needs less change before it is used: claims that the facts "
    "support, the instruction followed, guideline and requirements met. A claim that the facts do not support weighs "
    "most. The order in which the texts stand says nothing, nor do length and polish. Where neither is better, say "
    "that it is a tie. " + questions.FENCE_RULE
)


def answer_task() -> TaskSpec:
    """Return the task of a judge's answer: why, and which text is better."""
    return questions.answer_task(
        "Compare two texts.",
        OutputField(name=_WHY, max_chars=WHY_CHARS, description="What decides, in one sentence."),
        OutputField(
            name=_BETTER,
            type="choice",
            labels=(
                Label(name=FIRST, description="The first text is better."),
                Label(name=SECOND, description="The second text is better."),
                Label(name=TIE, description="Neither is better."),
            ),
            description="Which text an expert would rather use.",
        ),
        about="texts",
    )


def conversation(spec: TaskSpec, facts: Facts, first: Fields, second: Fields) -> list[Message]:
    """Return the conversation that asks a judge about two texts in this order.

    Raises:
        ValueError: A text does not fit the output schema.
    """
    requirements = "\n".join(f"- {part.name}: {part.description}".rstrip(": ") for part in spec.rubric)
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline}" if spec.guideline else "",
        f"Requirements:\n{requirements}" if requirements else "",
        f"Facts:\n{fenced(prompting.facts_sheet(spec, facts))}",
        f"First text:\n{fenced(prompting.completion(spec, first))}",
        f"Second text:\n{fenced(prompting.completion(spec, second))}",
    ]
    return questions.question(_SYSTEM, parts, answer=answer_task())


def read(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return which text an answer prefers by its place, one of `stats.pair_preferences.ANSWERS` or empty, and why."""
    better = answer.get(_BETTER)
    return better if better in ANSWERS else "", str(answer.get(_WHY) or "")[:WHY_CHARS]
