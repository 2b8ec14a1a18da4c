"""Tasks that judge another task's drafts: the input is its facts and a draft, the output `good` or `bad`.

Pure Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from review.spec import prompting
from review.spec.schema import Facts, Fields, InputField, Label, OutputField
from review.spec.task_spec import TaskSpec

FACTS, TEXT, GROUP, VERDICT = "facts", "text", "group", "verdict"
GOOD, BAD = "good", "bad"
_TEXTS: Final = frozenset({"text", "document"})
_STUDENT: Final = f"Judge the text.\n\nFacts:\n{{{{fact.{FACTS}}}}}\n\nText:\n{{{{fact.{TEXT}}}}}"


def is_judge_task(spec: TaskSpec) -> bool:
    """Return whether a task judges a text as good or bad by facts, and requires no other fact or field."""
    facts = {fact.name: fact for fact in spec.input_schema}
    answers = {field.name: field for field in spec.output_schema}
    if not {FACTS, TEXT} <= facts.keys() or VERDICT not in answers:
        return False
    are_texts = all(facts[name].type in _TEXTS for name in (FACTS, TEXT))
    needs_more = any(fact.required for name, fact in facts.items() if name not in (FACTS, TEXT))
    needs_more |= any(field.required for name, field in answers.items() if name != VERDICT)
    return are_texts and not needs_more and {label.name for label in answers[VERDICT].labels} == {GOOD, BAD}


def spec_of(judged: TaskSpec) -> TaskSpec:
    """Return the specification of a task that judges another's drafts; its group serves splits and is in no prompt."""
    return TaskSpec(
        instruction=(
            "Say whether an expert would take the text as it stands, without changing a word, for the facts and for "
            f"what was asked: {judged.instruction}"
        ),
        input_schema=(
            InputField(name=FACTS, type="document", required=True, description="What the text was written from."),
            InputField(name=TEXT, type="document", required=True, description="The draft, as it was written."),
            InputField(name=GROUP, role="group", description="What keeps records on one side of the split."),
        ),
        output_schema=(
            OutputField(
                name=VERDICT,
                type="choice",
                labels=(
                    Label(name=GOOD, description="An expert accepted it as it was."),
                    Label(name=BAD, description="An expert edited or rejected it."),
                ),
            ),
        ),
        guideline=judged.guideline,
        record_noun="draft",
        teacher_template="{{instruction}}\n\n{{guideline}}\n\n{{facts}}\n\n{{output_format}}",
        student_template=_STUDENT,
    )


def facts_of(judged: TaskSpec, facts: Facts, fields: Fields) -> Facts:
    """Turn a draft of another task into facts of its judge task.

    Raises:
        ValueError: The draft does not fit the output schema.
    """
    return {FACTS: prompting.facts_sheet(judged, facts), TEXT: prompting.completion(judged, fields)}


def read(
    answer: Mapping[str, Any], probabilities: Mapping[str, Mapping[str, float]]
) -> tuple[bool | None, float | None]:
    """Return an answer's verdict, True for good, and the probability of good, 0 to 1.

    Both are None without a verdict; a generated answer has no probability.
    """
    verdict = answer.get(VERDICT)
    if verdict not in (GOOD, BAD):
        return None, None
    return verdict == GOOD, probabilities.get(VERDICT, {}).get(GOOD)
