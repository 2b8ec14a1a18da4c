"""One text of one model for one prospect, on the playground: prepared, written, read back, its marks found.

A miniature is asked with the prompt it was tuned on. A teacher that costs writes through an order of one draft, so that
its price, budget and journal are those of any order.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import floor, log10
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from evaluation.evaluations import costs
from generation.money.figures import THOUSAND, time_usd
from members.models import Member
from review.models import Record, Task
from review.spec import prompting
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.permissions import task_or_404
from review.tasks.queries import latest_version
from review.text import checks
from serving.openai.response_format import OF_TASK
from serving.playground import writers
from serving.playground.writers import PlaygroundWriter
from serving.v1 import teacher_answers
from serving.v1.teacher_answers import TeacherAnswer
from training.costs.run_cost import price_of
from training.miniatures import writing
from training.miniatures.forms import RecordForm
from web.errors import Refusal
from web.templatetags.figures import fixed

LONGEST_ANSWER: Final = 512
# Before the names of facts in the form, where a fact may be called `model`.
FACT: Final = "fact"


@dataclass(frozen=True)
class PlaygroundRequest:
    """One text asked for.

    Attributes:
        site: Address of the site, without a slash at the end.
        usd_per_hour: Price of the host's hour; None where none is known.
    """

    task: Task
    choice: PlaygroundWriter
    spec: TaskSpec
    facts: Facts
    record_id: UUID | None
    by: Member
    site: str
    usd_per_hour: Decimal | None

    @property
    def ask(self) -> dict[str, Any]:
        name = self.choice.miniature.slug if self.choice.miniature else ""
        messages = prompting.messages(self.spec, self.facts, audience="student")
        return {"model": name, "messages": messages, "max_tokens": LONGEST_ANSWER, **OF_TASK.as_ask()}

    @property
    def curl(self) -> str:
        """The same request as a line for a shell, with the token in its variable; empty for a teacher."""
        if self.choice.miniature is None:
            return ""
        body = {name: self.ask[name] for name in ("model", "messages", "max_tokens")}
        return (
            f"curl {self.site}{reverse('v1-chat-completions')} \\\n"
            '  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n'
            f"  -d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
        )


@dataclass(frozen=True)
class PlaygroundText:
    """A text with its figures; `fields` is None where it is not of the task's shape, and `error` says why.

    `probabilities` are a classifier's, of each label by field; `basis` says whose price `cost_usd` is, where it is
    another's.
    """

    text: str
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    basis: str = ""
    fields: dict[str, Any] | None = None
    marks: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    probabilities: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def confidence(self) -> float | None:
        """Probability of the label that a classifier of one field chose; None for a text."""
        (shares,) = self.probabilities.values() if len(self.probabilities) == 1 else ({},)
        return max(shares.values(), default=None)

    @property
    def price(self) -> str:
        """Price of this answer with two digits that count; empty where none is known."""
        if not self.cost_usd:
            return ""
        return f"${fixed(self.cost_usd, max(2, 1 - floor(log10(self.cost_usd))))}"

    @property
    def output(self) -> dict[str, Any]:
        return {
            "fields": self.fields,
            "text": self.text,
            "marks": self.marks,
            "error": self.error,
            "probabilities": self.probabilities,
        }


def prepare(member: Member, slug: str, values: Mapping[str, Any], *, site: str) -> PlaygroundRequest:
    """Read what was asked for on the playground.

    Args:
        values: `model` (a choice's key), the facts by name behind `fact-`, and `record`, which they came from, if any.
        site: Address of the site, for the line that asks the same by curl.

    Raises:
        Http404: No such task or model.
        PermissionDenied: The member only reads this task.
        Refusal: 422, the facts do not fit the task's input.
    """
    task = task_or_404(member, slug, least=Role.REVIEWER)
    choice = writers.writer_or_404(member, task, str(values.get("model", "")))
    spec = choice.miniature.run.taught if choice.miniature else latest_version(task).spec
    usd_per_hour = price_of()
    facts = writing.read_facts(spec, RecordForm(spec, values, prefix=FACT).record())
    return PlaygroundRequest(task, choice, spec, facts, _record(values), member, site, usd_per_hour)


def read(
    trial: PlaygroundRequest, text: str, *, done: Mapping[str, Any], cost_usd: float | None = None, basis: str = ""
) -> PlaygroundText:
    """A finished text with its fields and marks; a miniature's price is that of its host's time, where known."""
    if trial.choice.miniature is not None and trial.usd_per_hour is not None:
        cost_usd = float(time_usd(done["seconds"], trial.usd_per_hour))
    figures = (done["seconds"], done["prompt_tokens"], done["completion_tokens"], cost_usd, basis)
    cut = "The text reached its limit before it ended." if done.get("finish") == "length" else ""
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
    if not trial.choice.is_offline:
        answer = _ordered(trial)
        return read(trial, answer.text, done=answer.done, cost_usd=float(answer.cost_usd))
    answer = teacher_answers.compose(trial.spec, trial.facts)
    named = costs.of_offline(answer.done["prompt_tokens"], answer.done["completion_tokens"])
    cost_usd, basis = (named.usd / THOUSAND, named.basis) if named else (None, "")
    return read(trial, answer.text, done=answer.done, cost_usd=cost_usd, basis=basis)


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


def _record(values: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(str(values.get("record", "")))
    except ValueError:
        return None
