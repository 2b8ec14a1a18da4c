"""The task that a few rows speak of: its fields by their columns, its instruction by rule, and its checks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from review.sources.imports import whole_answer
from review.sources.imports.cell_values import PLAIN
from review.sources.imports.column_mapping import ANSWER_FIELD, MODEL_FIELD, SPLIT_FIELD, ColumnMapping
from review.sources.imports.logs.answer_shape import shape_of
from review.sources.imports.logs.slot_names import field_name
from review.sources.imports.own_rows.column_types import FIELDS, labels_of, types_of
from review.sources.imports.own_rows.column_uses import ANSWER, AS_TEXT, FACT, MODEL, OUT, SPLIT, Column
from review.sources.imports.own_rows.wording import instruction_for
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import Check, CheckKind, Reason, Requirement, TaskSpec, plural
from review.spec.value_types import TYPES
from web import strict_json

_TITLES = ("title", "subject", "name", "ticket", "company", "firma", "customer", "product", "question", "id", "titel")
_GROUPS = frozenset({"company", "customer", "account", "client", "organisation", "organization", "firma", "kunde"})
_NOUNS = (
    "ticket", "company", "claim", "message", "question", "order", "product", "document", "review", "page", "prospect",
    "lead", "mail", "invoice", "article", "case", "comment", "customer",
)  # fmt: skip
_TITLE_CHARS = 100
# A length check marks texts that are a quarter longer than the longest example.
_ROOM, _ROUND = 1.25, 10


def propose(
    columns: Sequence[Column], *, instruction: str = "", record_noun: str = "record", grouped_by: str | None = None
) -> TaskSpec:
    """The version that these columns speak of.

    Args:
        columns: Their uses and types; without an answer among them the task writes one text.
        instruction: What is to be done; by rule when empty.
        grouped_by: The fact whose equal values keep rows on one side of the split; empty where each row stands for
            itself, by rule when None or no fact.

    Raises:
        ValueError: No fact is left, or fields do not fit each other (pydantic's, with the place).
    """
    facts = [column for column in columns if column.use == FACT]
    if not facts:
        raise ValueError("no column is a fact: the answer needs facts to draw on")
    inputs = _inputs(facts, grouped_by)
    outputs = _outputs([part for column in columns if column.use == ANSWER for part in members_of(column)])
    has_text = any(field.type == "text" for field in outputs)
    kinds: list[CheckKind] = ["placeholders", "repetition"] if has_text else []
    if any(field.max_words for field in outputs):
        kinds.insert(0, "length")
    return TaskSpec(
        instruction=instruction.strip() or instruction_for(inputs, outputs, record_noun or "record", _headers(columns)),
        record_noun=record_noun or "record",
        input_schema=inputs,
        output_schema=outputs,
        checks=tuple(Check(kind=kind) for kind in kinds),
        rubric=(
            Requirement(name="does the job", description="It does all that was requested, and nothing else."),
            Requirement(name="holds to the facts", description="It says nothing that the facts do not support."),
        ),
        reasons=(
            Reason(digit=1, code="wrong", label="Wrong"),
            Reason(digit=2, code="incomplete", label="Incomplete"),
            Reason(digit=3, code="other", label="Other"),
        ),
        teacher_template="=== system ===\n{{instruction}}\n\nA good answer meets every one of these:\n{{rubric}}\n\n"
        "{{output_format}}\n=== user ===\n{{facts}}\n",
        student_template="{{instruction}}\n\n{{facts}}",
    )


def mapping_of(columns: Sequence[Column], spec: TaskSpec) -> ColumnMapping:
    """Return the column mapping for the task that was made of these columns."""
    facts = {field.name for field in spec.input_schema}
    special = {MODEL: MODEL_FIELD, SPLIT: SPLIT_FIELD}
    mapping: ColumnMapping = {}
    for column in columns:
        if column.use == ANSWER and column.kind == FIELDS:
            mapping[column.name] = ANSWER_FIELD
        elif column.use == ANSWER and column.field in facts:
            mapping[column.name] = f"written.{column.field}"
        elif column.use != OUT:
            mapping[column.name] = special.get(column.use, column.field)
    return mapping


def members_of(column: Column) -> tuple[Column, ...]:
    """The fields of a column of whole answers, each as a column of its own; of another column itself."""
    if column.use != ANSWER or column.kind != FIELDS:
        return (column,)
    answers = [
        {field_name(name): member for name, member in answer.items()}
        for value in column.values
        if (answer := whole_answer.object_in(value))
    ]
    members = []
    for name in dict.fromkeys(name for answer in answers for name in answer):
        values = tuple(answer[name] for answer in answers if answer.get(name) not in (None, "", [], {}))
        kinds = tuple(kind for kind in types_of(values, PLAIN) if kind != FIELDS)
        is_full = column.is_full and len(values) == len(answers)
        members.append(Column(name, name, ANSWER, kinds[0] if kinds else "", kinds, values, is_full))
    return tuple(members)


def noun_of(words: str) -> str:
    """Return the noun for a row, by the name of its file: `tickets-2026` gives ticket; `record` where it names none."""
    tokens = re.findall(r"[a-z]+", words.casefold())
    return next((noun for word in tokens for noun in _NOUNS if word in (noun, plural(noun))), "record")


def grouping_of(spec: TaskSpec) -> str:
    """The fact that rows are grouped by; empty where each stands for itself."""
    return spec.facts_with_role("group") or spec.facts_with_role("title") or ""


def _inputs(facts: Sequence[Column], grouped_by: str | None) -> tuple[InputField, ...]:
    short = [
        column.field for column in facts if max((len(str(each)) for each in column.values), default=999) <= _TITLE_CHARS
    ]
    named = [name for word in _TITLES for name in short if word in name.split("_")]
    title = named[0] if named and len(facts) > 1 else ""
    group = next((column.field for column in facts if column.field in _GROUPS and column.field != title), "")
    if grouped_by == "":
        # A title groups too, so it stays one only where no two rows share it.
        group, title = "", title if any(column.field == title and _tells_apart(column) for column in facts) else ""
    elif grouped_by in {column.field for column in facts}:
        group = grouped_by if grouped_by != title else ""
    return tuple(
        InputField.model_validate(
            {
                "name": column.field,
                "type": column.kind or "object",
                "role": "title" if column.field == title else "group" if column.field == group else "",
                "required": column.is_full,
                "description": _header(column),
                "labels": labels_of(column.values, column.kind) if _has_labels(column) else (),
            }
        )
        for column in facts
    )


def _header(column: Column) -> str:
    """Return the column's name where its field cannot have it, as in Chinese or Russian."""
    is_lost = column.field.startswith("column") and re.search(r"[^\W\d_]", column.name) and not field_name(column.name)
    return column.name if is_lost else ""


def _headers(columns: Sequence[Column]) -> dict[str, str]:
    return {column.field: header for column in columns if (header := _header(column))}


def _has_labels(column: Column) -> bool:
    return column.kind in TYPES and TYPES[column.kind].has_labels


def _tells_apart(column: Column) -> bool:
    return column.is_full and len({str(value) for value in column.values}) == len(column.values)


def _outputs(answers: Sequence[Column]) -> tuple[OutputField, ...]:
    if not answers:
        return (OutputField(name="answer", role="body", description="What comes back."),)
    names = sorted((column.field for column in answers), reverse=True)
    fields = [_output(column) for column in sorted(answers, key=lambda column: column.field == "body")]
    roles = {"subject": "subject", "body": "body"} if names == ["subject", "body"] else dict.fromkeys(names[:1], "body")
    if (len(fields) == 1 or len(roles) == 2) and all(field.type == "text" for field in fields):
        fields = [OutputField.model_validate({**field.model_dump(), "role": roles[field.name]}) for field in fields]
    return tuple(fields)


def _output(column: Column) -> OutputField:
    kind = "text" if column.kind in AS_TEXT else column.kind
    shape: dict[str, Any] = {"name": column.field, "type": kind, "description": _header(column)}
    if _has_labels(column):
        shape["labels"] = labels_of(column.values, column.kind)
    elif not column.kind or (
        column.kind in ("object", "list") and any(_holds_objects(value) for value in map(_loaded, column.values))
    ):
        shape = shape_of([_loaded(value) for value in column.values], column.field) or {**shape, "type": "text"}
    elif shape["type"] == "text":
        longest = max((len(str(value).split()) for value in column.values), default=0)
        shape["max_words"] = max(_ROUND, math.ceil(longest * _ROOM / _ROUND) * _ROUND) if longest else None
    return OutputField(**shape, required=column.is_full)


def _loaded(value: object) -> Any:
    try:
        return strict_json.parse(value) if isinstance(value, str) and re.match(r"\s*[\[{]", value) else value
    except ValueError:
        return value


def _holds_objects(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value))
