"""Prompts of each system: by the student's short prompt, by the teacher's, or with as many approved examples as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.engine.contracts import EvaluationSpec, HeldOutRecord, System
from review.spec import prompting
from training.engine.data.chat import Messages
from training.engine.data.control_tokens import RowRefusedError
from training.engine.model import generate
from training.engine.model.loading import LoadedStudent


@dataclass(frozen=True)
class AskedPrompts:
    """A prompt for each record, in their order, how many examples each shows, and how many there were for it."""

    prompts: Sequence[Messages]
    shown: list[int]
    offered: list[int]

    def note(self, system: System) -> str:
        """A sentence on examples that had no room; empty where all were shown."""
        fewer = sum(count < there for count, there in zip(self.shown, self.offered, strict=True))
        if not fewer:
            return ""
        fitted = f"{sum(self.shown) / len(self.shown):.1f} of {max(self.offered)} examples were shown on average"
        why = "had no room for every example, or could not be read with it"
        return f"{system.name}: {fewer} of {len(self.shown)} prompts {why}; {fitted}."


def prompts_for(spec: EvaluationSpec, system: System, student: LoadedStudent) -> AskedPrompts:
    """The prompts of a system.

    A base with examples is asked with the teacher's prompt and as many as leave room for an answer; where not even one
    does, with the student's short prompt and as many. The least alike are left out first.
    """
    if system.audience == "student":
        prompts = [prompting.messages(spec.task, record.facts, audience="student") for record in spec.records]
        return AskedPrompts(prompts, [0] * len(prompts), [0] * len(prompts))
    examples = {
        each.record: [prompting.FewShotExample(example.facts, example.fields) for example in each.examples]
        for each in system.shown
    }
    of_record = [examples.get(record.id, []) for record in spec.records]
    fitted = [_fitting(spec, student, record, there) for record, there in zip(spec.records, of_record, strict=True)]
    return AskedPrompts(
        [prompt for prompt, _ in fitted], [count for _, count in fitted], [len(each) for each in of_record]
    )


def _fitting(
    spec: EvaluationSpec, student: LoadedStudent, record: HeldOutRecord, examples: list[prompting.FewShotExample]
) -> tuple[Messages, int]:
    """Drop examples until the prompt can be read and leaves room for an answer as long as the longest example's.

    A record that cannot be read without any is asked about all the same: whoever writes says so, of this one alone.
    """
    needed = max((_tokens(student, _answer(spec, example)) or 0 for example in examples), default=0)
    counts = range(len(examples), 0, -1)
    tried: list[tuple[prompting.Audience, int]] = [("teacher", count) for count in counts]
    tried += [("student", count) for count in counts]
    for audience, count in tried:
        prompt = _prompt(spec, record, audience, examples[:count])
        length = _tokens(student, prompt)
        if length and generate.room_for_answer(student.chat, length, student.context_length) >= needed:
            return prompt, count
    return _prompt(spec, record, "teacher", []), 0


def _prompt(
    spec: EvaluationSpec, record: HeldOutRecord, audience: prompting.Audience, examples: list[prompting.FewShotExample]
) -> Messages:
    """Put the most alike example last, next to the question."""
    shown = tuple(reversed(examples))
    if audience == "teacher":
        variation = prompting.Variation(shown=shown)
        return prompting.messages(spec.task, record.facts, audience="teacher", variation=variation)
    *head, question = prompting.messages(spec.task, record.facts, audience="student")
    turns = [
        turn
        for each in shown
        for turn in (
            prompting.messages(spec.task, each.facts, audience="student")[-1],
            {"role": "assistant", "content": prompting.completion(spec.task, each.fields)},
        )
    ]
    return [*head, *turns, question]


def _answer(spec: EvaluationSpec, example: prompting.FewShotExample) -> Messages:
    return [{"role": "user", "content": prompting.completion(spec.task, example.fields)}]


def _tokens(student: LoadedStudent, prompt: Messages) -> int | None:
    """Tokens of a prompt; None where the student cannot read it as it is written."""
    try:
        return len(student.chat.prompt_ids(prompt))
    except RowRefusedError:
        return None
