"""The offline teacher as a client: no network, no price, faults labelled. Knows how to pretend usage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from demo.offline_teacher import DEFECT_RATE, OfflineDraft, revise, tokens, values, write
from generation.engine.clients.interface import Question, Reply
from generation.engine.contracts import TeacherSpec
from review.spec import revision_prompts
from review.spec.prompting import completion, parse
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec

MODEL = "offline-composer"


class OfflineClient:
    """Composes drafts in this process.

    Args:
        teacher: Its parameters `defect_rate` (share of drafts with labelled faults) and `pause_s` (how long a draft
            pretends to take, so that a live page can be watched; 0 unless asked for).
        answer: Knows some answers, and returns None where it does not; the rest is composed by rules.
    """

    shared_chars = 0

    def __init__(
        self, teacher: TeacherSpec, task: TaskSpec, *, answer: Callable[[Question], OfflineDraft | None] | None = None
    ) -> None:
        self._answer = answer
        self._task = task
        self._offer = task.offer.model_dump(mode="json")
        self._defect_rate = float(teacher.parameters.get("defect_rate", DEFECT_RATE))
        self._pause_s = float(teacher.parameters.get("pause_s", 0))
        self._fields = [field_schema(field) for field in task.output_schema]

    async def ask(self, question: Question) -> Reply:
        # Even without a pause other tasks must get their turn: the stop, the progress, the journal.
        await asyncio.sleep(self._pause_s)
        if wish := revision_prompts.instruction_of(question.messages):
            return self._revised(question, wish)
        draft = (self._answer(question) if self._answer else None) or self._composed(question)
        text = completion(self._task, dict(draft.fields))
        given = sum(tokens(message["content"]) for message in question.messages)
        return Reply(text, input_tokens=given, output_tokens=tokens(text), model=MODEL, labelled_defects=draft.defects)

    def _composed(self, question: Question) -> OfflineDraft:
        return write(
            facts=question.facts,
            offer=self._offer,
            output_fields=self._fields,
            seed=question.seed,
            defect_rate=self._defect_rate,
            thread=question.thread,
        )

    def _revised(self, question: Question, wish: str) -> Reply:
        """Rewrite the draft of the conversation; a revision has no faults put in."""
        draft = parse(self._task, question.messages[-2]["content"])
        text = completion(self._task, revise(self._task, question.facts, draft, wish))
        given = sum(tokens(message["content"]) for message in question.messages)
        return Reply(text, input_tokens=given, output_tokens=tokens(text), model=MODEL)

    async def close(self) -> None:
        pass


def field_schema(field: OutputField) -> dict[str, Any]:
    """A field as the composer reads it; all of it where it holds a value."""
    if field.type in values.TYPES or any(item.type != "text" for item in field.items):
        return field.model_dump(mode="json")
    return {"name": field.name, "type": field.type, "items": [item.name for item in field.items]}
