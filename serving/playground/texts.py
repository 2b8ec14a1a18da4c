"""One text of one model for one prospect, on the playground: prepared, written, read back, its marks found.

A miniature is asked with the prompt it was tuned on. A teacher that costs writes through an order of one draft, so that
its price, budget and journal are those of any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from members.models import Member
from review.models import Record, Task
from review.spec import prompting
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.permissions import require, task_or_404
from review.tasks.queries import latest_version
from review.text import checks
from serving.openai.response_format import OF_TASK
from serving.playground import writers
from serving.playground.writers import PlaygroundWriter
from serving.v1 import teacher_answers
from serving.v1.teacher_answers import TeacherAnswer
from training.miniatures import writing
from web.errors import Refusal

LONGEST_ANSWER: Final = 512


@dataclass(frozen=True)
class PlaygroundRequest:
    task: Task
    choice: PlaygroundWriter
    spec: TaskSpec
    facts: Facts
    record_id: UUID | None
    by: Member

    @property
    def ask(self) -> dict[str, Any]:
        name = self.choice.miniature.slug if self.choice.miniature else ""
        messages = prompting.messages(self.spec, self.facts, audience="student")
        return {"model": name, "messages": messages, "max_tokens": LONGEST_ANSWER, **OF_TASK.as_ask()}


@dataclass(frozen=True)
class PlaygroundText:
    """A text with its figures; `fields` is None where it is not of the task's shape, and `error` says why.

    `probabilities` are a classifier's, of each label by field.
    """

    text: str
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    fields: dict[str, Any] | None = None
    marks: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    probabilities: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def output(self) -> dict[str, Any]:
        return {
            "fields": self.fields,
            "text": self.text,
            "marks": self.marks,
            "error": self.error,
            "probabilities": self.probabilities,
        }


def prepare(member: Member, slug: str, given: Mapping[str, Any]) -> PlaygroundRequest:
    """Read what was asked for on the playground.

    Args:
        given: `model` (a choice's key), the facts by name, and `record`, the one they came from, if any.

    Raises:
        Http404: No such task or model.
        PermissionDenied: The member only reads this task.
        Refusal: 422, the facts do not fit the task's input.
    """
    task = task_or_404(member, slug)
    require(member, task, Role.REVIEWER)
    choice = writers.writer_or_404(member, task, str(given.get("model", "")))
    spec = choice.miniature.run.taught if choice.miniature else latest_version(task).spec
    facts = {name.name: text for name in spec.input_schema if (text := str(given.get(name.name, "")).strip())}
    return PlaygroundRequest(task, choice, spec, writing.read_facts(spec, facts), _record(task, given), member)


def read(
    trial: PlaygroundRequest, text: str, *, done: Mapping[str, Any], cost_usd: float | None = None
) -> PlaygroundText:
    """A finished text with its fields and marks; without a price given, the host's time is the price."""
    cost = done["seconds"] * settings.HOST_USD_PER_HOUR / 3600 if cost_usd is None else cost_usd
    figures = (done["seconds"], done["prompt_tokens"], done["completion_tokens"], cost)
    cut = "The text ran into its limit before it ended." if done.get("finish") == "length" else ""
    try:
        fields = prompting.parse(trial.spec, text)
    except prompting.CompletionError as error:
        return PlaygroundText(text, *figures, error=cut or f"The text is not of the task's shape: {error}.")
    marks = [mark.as_json() for mark in checks.run(trial.spec, trial.facts, fields)]
    sure = done.get("probabilities") or {}
    return PlaygroundText(text, *figures, fields=fields, marks=marks, error=cut, probabilities=sure)


def by_teacher(trial: PlaygroundRequest) -> PlaygroundText:
    """Have a teacher write; blocks until it has, at most some minutes.

    Raises:
        Refusal: The order is refused, or failed; with the reason.
    """
    answer = teacher_answers.compose(trial.spec, trial.facts) if trial.choice.is_offline else _ordered(trial)
    return read(trial, answer.text, done=answer.done, cost_usd=float(answer.cost_usd))


def _ordered(trial: PlaygroundRequest) -> TeacherAnswer:
    teacher = trial.choice.teacher
    record = Record.objects.filter(pk=trial.record_id, task=trial.task).first() if trial.record_id else None
    if teacher is None or record is None or _plain(record.facts, trial.spec) != trial.facts:
        raise Refusal(
            "needs_record",
            "A teacher that is paid writes for a record as it was imported.",
            hint="Choose a record and leave its facts as they are.",
        )
    return teacher_answers.wait(teacher_answers.order(trial.task, teacher, record.pk, by=trial.by))


def _plain(facts: Facts, spec: TaskSpec) -> Facts:
    names = {each.name for each in spec.input_schema}
    return {name: value for name, value in facts.items() if name in names and value not in (None, "", [])}


def _record(task: Task, given: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(str(given.get("record", "")))
    except ValueError:
        return None
