"""A specification shown on one record: the prompts it makes and the answer it expects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from review.models import Draft, Gold, Record, Source, Task
from review.spec import prompting
from review.spec.schema import Facts, Fields, InputField, OutputItem
from review.spec.starters import STARTERS
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import POSITIVE
from review.text import checks
from review.text.checks import Mark


@dataclass(frozen=True)
class SpecExample:
    """One record's prompts and an answer.

    Attributes:
        completion: An answer in the shape wanted.
        is_real: Whether the answer was written for the record, or only shows the shape.
        marks: What the checks say of it.
    """

    title: str
    teacher: list[prompting.Message]
    student: list[prompting.Message]
    teacher_chars: int
    student_chars: int
    completion: str
    is_real: bool
    marks: list[Mark]


def build_example(spec: TaskSpec, task: Task | None) -> SpecExample:
    """Show a specification on the task's first approved draft, else on its first record, else on a made-up one."""
    gold = _first_gold(task) if task else None
    record = gold.draft.record if gold else _first_record(task) if task else None
    written = _written_fields(spec, gold, record) if record else None
    facts = record.facts if record else made_up_facts(spec)
    fields = written or _made_up_fields(spec)
    teacher = prompting.messages(spec, facts, audience="teacher")
    student = prompting.messages(spec, facts, audience="student")
    return SpecExample(
        title=record.title if record else "a made-up record",
        teacher=teacher,
        student=student,
        teacher_chars=sum(len(message["content"]) for message in teacher),
        student_chars=sum(len(message["content"]) for message in student),
        completion=prompting.completion(spec, fields),
        is_real=written is not None,
        marks=checks.run(spec, facts, normalise_fields(spec.output_schema, fields)) if written else [],
    )


def _first_gold(task: Task) -> Gold | None:
    in_use = {"draft__record__erased_at": None, "draft__erased_at": None, "draft__revocation": None}
    golds = Gold.objects.filter(task=task, verdict__in=POSITIVE, **in_use)
    return golds.select_related("decision", "draft__record").order_by("decided_at").first()


def _first_record(task: Task) -> Record | None:
    """The first row of the first source that has any: found by an index, however many records there are."""
    for source in Source.objects.filter(task=task).order_by("created_at", "pk"):
        record = Record.objects.filter(source=source, erased_at__isnull=True).order_by("row_number").first()
        if record is not None:
            return record
    return None


def _written_fields(spec: TaskSpec, gold: Gold | None, record: Record) -> Fields | None:
    """Return the approved fields, or else the record's first draft's; None where they do not fit this specification."""
    draft = gold.draft if gold else Draft.objects.filter(record=record).order_by("created_at").first()
    fields = (gold and gold.decision.fields) or (draft and draft.fields)
    try:
        return normalise_fields(spec.output_schema, fields) if fields else None
    except ValueError:
        return None


def made_up_facts(spec: TaskSpec) -> Facts:
    """Facts of a record that nobody has, always the same: a starter's where they fit, or else their names in marks."""
    for starter in STARTERS.values():
        if {field.name for field in spec.input_schema} >= set(starter.facts):
            return starter.facts
    return {field.name: _made_up_fact(field) for field in spec.input_schema}


def _made_up_fact(field: InputField) -> Any:
    text = field.labels[0].name if field.labels else f"‹{field.description or field.name}›"
    if field.type == "conversation":
        return [{"role": "user", "content": text}]
    if field.type == "object":
        return {"value": text}
    return [text] if field.value_type.is_many else text


def _made_up_fields(spec: TaskSpec) -> Fields:
    names = [field.name for field in spec.output_schema]
    for starter in STARTERS.values():
        if names == list(starter.fields):
            try:
                return normalise_fields(spec.output_schema, starter.fields)
            except ValueError:
                continue
    return {field.name: _shape(field) for field in spec.output_schema}


def _shape(field: OutputItem) -> object:
    return [_one_shape(field)] if field.value_type.is_many else _one_shape(field)


def _one_shape(field: OutputItem) -> object:
    if field.items:
        return {item.name: _shape(item) for item in field.items}
    if field.labels:
        return field.labels[0].name
    if field.value_type.is_number:
        least = field.minimum if field.minimum is not None else min(field.maximum or 0, 0)
        return math.ceil(least) if field.value_type.json == "integer" else least
    sample = field.value_type.sample
    return sample if sample is not None else f"‹{field.description or field.name}›"
