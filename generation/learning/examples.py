"""A first wording from examples: rows of the task with the answers that came with them, and the question to an adviser.

Only rows of the training split are shown: what is held out measures what they taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from generation.learning import advice_prompt
from review.models import Draft, Record, Task
from review.spec import prompting, questions
from review.spec.output_format import output_format
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.states import Split
from web.errors import Refusal

SHOWN, LEAST = 20, 3
SYSTEM = (
    "You write the instructions of a task that a language model does again and again. You see how the task is "
    "described now and examples of what is given, some with the answer that is wanted. Word the task so that somebody "
    "who sees nothing but the facts of a new example answers it as these are answered. Say what the labels mean and "
    "where their borders run, what the answer leaves out, its length and its tone. Do not quote an example, and make "
    "no rule of a single one. " + questions.FENCE_RULE
)


@dataclass(frozen=True, slots=True)
class Example:
    """One row, with the answer that came with it.

    Attributes:
        answer: None where none came.
    """

    record: str
    facts: Facts
    answer: Fields | None


def first_of(task: Task) -> list[Example]:
    """The first rows of the training split, those with an imported answer before the others, at most twenty.

    Raises:
        Refusal: `too_few_examples`, fewer than three.
    """
    rows = Record.objects.filter(source__task=task, split=Split.TRAIN, erased_at__isnull=True)
    answered = list(_answers(Draft.objects.filter(task=task, record__in=rows).order_by("created_at", "pk")))[:SHOWN]
    others = rows.exclude(pk__in=answered).order_by("created_at", "row_number", "pk").values_list("pk", flat=True)
    examples = read([str(pk) for pk in (*answered, *others[: SHOWN - len(answered)])])
    if len(examples) < LEAST:
        raise Refusal(
            "too_few_examples",
            f"The training split holds {len(examples)} rows; {LEAST} are the fewest that a wording can be made of.",
            hint="Import some more records, or drafts that are finished.",
        )
    return examples


def read(record_ids: Sequence[str]) -> list[Example]:
    """These rows, in their order; what was erased since is left out."""
    rows = {
        str(pk): facts
        for pk, facts in Record.objects.filter(
            pk__in=[UUID(pk) for pk in record_ids], erased_at__isnull=True
        ).values_list("pk", "facts")
    }
    answers = _answers(Draft.objects.filter(record__in=[UUID(pk) for pk in rows]).order_by("created_at", "pk"))
    return [Example(pk, rows[pk], answers.get(UUID(pk))) for pk in record_ids if pk in rows]


def conversation(spec: TaskSpec, examples: Sequence[Example]) -> list[Message]:
    """Build the question to an adviser."""
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline or '(none)'}",
        "Rubric:\n" + ("\n".join(f"- {part.name}: {part.description}" for part in spec.rubric) or "(none)"),
        f"The answer's shape:\n{output_format(spec)}",
        *(_example(spec, example, number) for number, example in enumerate(examples, 1)),
        advice_prompt.ask(),
    ]
    return questions.question(SYSTEM, parts, answer=advice_prompt.advice_task())


def _answers(drafts: QuerySet[Draft]) -> dict[UUID, Fields]:
    """The first imported answer of each record, by its id, in the order of the drafts."""
    answers: dict[UUID, Fields] = {}
    imported = drafts.filter(origin="import", erased_at__isnull=True, revocation__isnull=True)
    for record, fields in imported.values_list("record_id", "fields")[: 50 * SHOWN]:
        answers.setdefault(record, fields)
    return answers


def _example(spec: TaskSpec, example: Example, number: int) -> str:
    facts = prompting.facts_sheet(spec, example.facts)[: advice_prompt.SHOWN_CHARS]
    answer = advice_prompt.text_of(example.answer) if example.answer is not None else "(not given)"
    return f"Case {number}\nFacts:\n{fenced(facts)}\nAnswer:\n{fenced(answer)}"
