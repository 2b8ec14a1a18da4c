"""Client of the offline teacher: no network, no price, labelled faults, simulated usage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from demo.offline_teacher import DEFECT_RATE, OfflineDraft, revise, tokens, values, write
from generation.engine.clients.interface import Question, Reply
from generation.engine.contracts import TeacherSpec
from review.spec import revision_prompts
from review.spec.prompting import completion, parse
from review.spec.schema import Facts, OutputField
from review.spec.task_spec import TaskSpec

MODEL = "offline-composer"


class OfflineClient:
    """Client that composes drafts in this process.

    Args:
        teacher: Teacher with the parameters `defect_rate` (share of drafts with labelled faults) and `pause_s`
            (simulated seconds of a draft, to watch a live page; 0 by default).
        answer: Function that returns a known answer, or None for one composed by rules.
    """

    shared_chars = 0

    def __init__(
        self, teacher: TeacherSpec, task: TaskSpec, *, answer: Callable[[Question], OfflineDraft | None] | None = None
    ) -> None:
        self._answer = answer
        self._task = task
        self._defect_rate = float(teacher.parameters.get("defect_rate", DEFECT_RATE))
        self._pause_s = float(teacher.parameters.get("pause_s", 0))

    async def ask(self, question: Question) -> Reply:
        # A pause of 0 also gives other coroutines their turn: the stop, the progress, the journal.
        await asyncio.sleep(self._pause_s)
        if wish := revision_prompts.instruction_of(question.messages):
            return self._revised(question, wish)
        draft = (self._answer(question) if self._answer else None) or composed(
            self._task, question.facts, seed=question.seed, defect_rate=self._defect_rate, thread=question.thread
        )
        text = completion(self._task, dict(draft.fields))
        given = sum(tokens(message["content"]) for message in question.messages)
        return Reply(text, input_tokens=given, output_tokens=tokens(text), model=MODEL, labelled_defects=draft.defects)

    def _revised(self, question: Question, wish: str) -> Reply:
        """Rewrite the draft of the conversation; a revision has no faults put in."""
        draft = parse(self._task, question.messages[-2]["content"])
        text = completion(self._task, revise(self._task, question.facts, draft, wish))
        given = sum(tokens(message["content"]) for message in question.messages)
        return Reply(text, input_tokens=given, output_tokens=tokens(text), model=MODEL)

    async def close(self) -> None:
        pass


def composed(
    task: TaskSpec,
    facts: Facts,
    *,
    seed: int,
    defect_rate: float = DEFECT_RATE,
    thread: Sequence[Mapping[str, str]] = (),
) -> OfflineDraft:
    """Compose a draft of a task by rules; see `write`."""
    fields = [field_schema(field) for field in task.output_schema]
    offer = task.offer.model_dump(mode="json")
    return write(facts=facts, offer=offer, output_fields=fields, seed=seed, defect_rate=defect_rate, thread=thread)


def field_schema(field: OutputField) -> dict[str, Any]:
    """Return a field as plain data for the composer, with all attributes where it holds a value."""
    if field.type not in values.COMPOSED or any(item.type != "text" for item in field.items):
        return field.model_dump(mode="json")
    return {"name": field.name, "type": field.type, "items": [item.name for item in field.items]}
