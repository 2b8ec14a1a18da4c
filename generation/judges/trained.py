"""Words and reading of a judge: a teacher by the words of the rubric, a miniature by what it was tuned on.

A miniature was tuned on experts' verdicts, so what it says of drafts that they had judged by then is no measure of it,
but for drafts of the test split, which no tuning sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.judges import rubric
from generation.models import Teacher
from generation.states import PROBABILITIES
from generation.teachers import provided
from review.models import Record, Task
from review.spec import judge_task, prompting
from review.spec.prompting import Message
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.states import Split
from web.db.chunks import chunked
from web.errors import Refusal

_CHUNK: Final = 500


@dataclass(frozen=True)
class Opinion:
    """Opinion of a judge on one text.

    Attributes:
        passes: Whether it takes the text; None where its answer does not say.
        meets: Requirements by name; none of a miniature.
        why: In words; empty of a miniature.
        confidence: How likely it holds the text to pass, 0 to 1; None where it tells none.
    """

    passes: bool | None
    meets: dict[str, bool]
    why: str
    confidence: float | None = None


@dataclass(frozen=True)
class JudgeWords:
    """The words between a task and its judge; `taught` is the task of a miniature, None of a teacher."""

    taught: TaskSpec | None = None

    def conversation(self, spec: TaskSpec, facts: Facts, fields: Fields) -> list[Message]:
        """Return the conversation that asks the judge about one text.

        Raises:
            ValueError: The text does not fit the output schema.
        """
        if self.taught is None:
            return rubric.conversation(spec, facts, fields)
        return prompting.messages(self.taught, judge_task.facts_of(spec, facts, fields), audience="student")

    def answer_task(self, spec: TaskSpec) -> TaskSpec:
        return self.taught or rubric.answer_task(spec)


def words_of(judge: Teacher, task: Task) -> JudgeWords:
    """Return the words in which a judge is asked of drafts of a task.

    Raises:
        Refusal: `judge_cannot`, a miniature that was not trained to judge drafts of this task.
    """
    if not judge.provided_by:
        return JudgeWords()
    taught = provided.judge_spec(judge, task)
    if taught is None:
        message = f"{judge.name} was not trained to judge drafts of {task.name}."
        hint = "Choose another judge, or train one from this task's decisions."
        raise Refusal("judge_cannot", message, hint=hint, errors={"teacher": [message]})
    return JudgeWords(taught)


def read(judge: Teacher, spec: TaskSpec, answer: Mapping[str, Any]) -> Opinion:
    """Read a judge's answer; of a miniature that is gone too, for the answer is paid with time."""
    if not judge.provided_by:
        return Opinion(*rubric.read(spec, answer))
    passes, confidence = judge_task.read(answer, answer.get(PROBABILITIES, {}))
    return Opinion(passes, {}, "", confidence)


def require_unseen(judge: Teacher, record_ids: Iterable[Any]) -> None:
    """Refuse to hold a miniature against verdicts that it may have been tuned on.

    Args:
        record_ids: Ids of the records whose texts experts have judged.

    Raises:
        Refusal: `judge_was_trained_on_these`.
    """
    if not judge.provided_by:
        return
    for chunk in chunked(list(record_ids), _CHUNK):
        if Record.objects.filter(pk__in=chunk).exclude(split=Split.TEST).exists():
            message = f"{judge.name} was tuned on verdicts like these, so they cannot measure it."
            raise Refusal("judge_was_trained_on_these", message, hint="Compare it on drafts of the test split.")
