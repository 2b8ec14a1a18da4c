"""How each system is asked: by the student's short prompt, or by the teacher's with as many approved examples as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.engine.contracts import EvaluationSpec, HeldOutRecord, System
from review.spec import prompting
from training.engine.data.chat import Messages
from training.engine.model import generate
from training.engine.model.loading import LoadedStudent


@dataclass(frozen=True)
class AskedPrompts:
    """A prompt for each record, in their order, and how many examples each shows."""

    prompts: Sequence[Messages]
    shown: list[int]

    def note(self, system: System) -> str:
        """A sentence on examples that had no room; empty where all were shown."""
        wanted = max((len(each.examples) for each in system.shown), default=0)
        fewer = sum(count < wanted for count in self.shown)
        if not fewer:
            return ""
        fitted = f"{sum(self.shown) / len(self.shown):.1f} of {wanted} examples were shown on average"
        return f"{system.name}: {fewer} of {len(self.shown)} prompts had no room for every example; {fitted}."


def prompts_for(spec: EvaluationSpec, system: System, student: LoadedStudent) -> AskedPrompts:
    """The prompts of a system. An example is left out, the least alike first, where no room would be left to answer."""
    if system.audience == "student":
        prompts = [prompting.messages(spec.task, record.facts, audience="student") for record in spec.records]
        return AskedPrompts(prompts, [0] * len(prompts))
    examples = {each.record: each.examples for each in system.shown}
    asked = [
        _fitting(
            spec,
            student,
            record,
            [prompting.FewShotExample(each.facts, each.fields) for each in examples.get(record.id, ())],
        )
        for record in spec.records
    ]
    return AskedPrompts([prompt for prompt, _ in asked], [count for _, count in asked])


def _fitting(
    spec: EvaluationSpec, student: LoadedStudent, record: HeldOutRecord, examples: list[prompting.FewShotExample]
) -> tuple[Messages, int]:
    """The teacher's prompt with the most examples that leave room for an answer as long as the longest of them."""
    count = len(examples)
    needed = max((_tokens(spec, student, example) for example in examples), default=1)
    while True:
        # The most alike stands last, next to the question.
        variation = prompting.Variation(shown=tuple(reversed(examples[:count])))
        prompt = prompting.messages(spec.task, record.facts, audience="teacher", variation=variation)
        length = len(student.chat.prompt_ids(prompt))
        if not count or generate.room_for_answer(student.chat, length, student.context_length) >= needed:
            return prompt, count
        count -= 1


def _tokens(spec: EvaluationSpec, student: LoadedStudent, example: prompting.FewShotExample) -> int:
    """Tokens of an example's answer with the turn around it."""
    return len(student.chat.prompt_ids([{"role": "user", "content": prompting.completion(spec.task, example.fields)}]))
