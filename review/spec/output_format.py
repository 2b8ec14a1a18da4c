"""Format of a task's output, in words for a model: a mail, plain text, a bare label or number, or canonical JSON.

Pure Python. `prompting` writes and reads answers in this format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec


def output_format(spec: TaskSpec) -> str:
    """Describe the answer's format for a model."""
    if mail := mail_fields(spec.output_schema):
        return f"Answer with 'Subject: ' and the {mail[0]} on the first line, a blank line, then the {mail[1]}."
    if is_plain(spec.output_schema):
        return "Answer with the text alone."
    if field := bare_field(spec.output_schema):
        return _bare_format(field)
    return json_format(spec)


def json_format(spec: TaskSpec) -> str:
    """Describe the output as one JSON object for a model, whatever the task's own format is."""
    lines = [line for field in spec.output_schema for line in _told(field, field.name)]
    words = f"Answer with one JSON object and nothing else: {answer_shape(spec)}"
    return "\n".join([words, *lines])


def answer_shape(spec: TaskSpec) -> str:
    """Return the JSON object to answer with, with an ellipsis for each value, quoted where the value is a string."""
    return _parts(spec.output_schema)


def _parts(items: Iterable[OutputItem]) -> str:
    return f"{{{', '.join(f'{json.dumps(item.name)}: {_shape(item)}' for item in items)}}}"


def _shape(field: OutputItem) -> str:
    if field.type in ("list", "object"):
        parts = _parts(field.items) if field.items else '"…"'
        return f"[{parts}]" if field.type == "list" else parts
    shapes = {"array": '["…"]', "string": '"…"'}
    return shapes.get(field.value_type.json, "…")


def _told(field: OutputItem, path: str) -> list[str]:
    """Return lines that describe the labels or type of a field and its parts to a model; none for texts."""
    if field.value_type.has_labels:
        some = "a list of any of" if field.value_type.is_many else f"one of{_in_order(field)}"
        return [f"{path}: {some}", *_labels(field)]
    if field.value_type.told:
        return [f"{path}: {_kind(field)}"]
    return [line for item in field.items for line in _told(item, f"{path}.{item.name}")]


def _in_order(field: OutputItem) -> str:
    return ", from least to most" if field.ordered else ""


def _labels(field: OutputItem) -> list[str]:
    return [
        f"- {label.name}: {label.description}" if label.description else f"- {label.name}" for label in field.labels
    ]


def _kind(field: OutputItem) -> str:
    kind = field.value_type.told + (f" in {field.unit}" if field.unit else "")
    if field.decimals is not None:
        kind += f" with at most {field.decimals} decimals"
    if field.minimum is not None or field.maximum is not None:
        least, most = (f"{value:.15g}" if value is not None else "" for value in (field.minimum, field.maximum))
        kind += (
            f" from {least} to {most}" if least and most else f", at least {least}" if least else f", at most {most}"
        )
    return kind if field.required else f"{kind}, or null"


def bare_field(schema: tuple[OutputField, ...]) -> OutputField | None:
    """Return the single field whose bare value is the answer: a label, a number, a date, true or false."""
    alone = schema[0] if len(schema) == 1 else None
    if alone is None or not alone.required:
        return None
    return alone if alone.value_type.is_value and not alone.value_type.is_many else None


def bare_text(value: str | float | bool) -> str:
    """Write the value of a bare field as an answer: the label or date itself, true, 3, 2.5."""
    return value if isinstance(value, str) else json.dumps(value)


def _bare_format(field: OutputField) -> str:
    if field.value_type.has_labels:
        return "\n".join([f"Answer with one of these labels{_in_order(field)} and nothing else:", *_labels(field)])
    return f"Answer with {_kind(field)} and nothing else."


def is_mail(spec: TaskSpec) -> bool:
    """Return whether the output is a mail: one subject and one body."""
    return mail_fields(spec.output_schema) is not None


def mail_fields(schema: tuple[OutputField, ...]) -> tuple[str, str] | None:
    """Return the names of subject and body where the output is a mail and nothing else."""
    by_role = {field.role: field.name for field in schema}
    if len(schema) == 2 and "subject" in by_role and "body" in by_role:
        return by_role["subject"], by_role["body"]
    return None


def is_plain(schema: tuple[OutputField, ...]) -> bool:
    """Return whether the output is one text and nothing else."""
    return len(schema) == 1 and schema[0].type == "text"


def writes_mails(outputs: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether output fields, as plain data, include the roles of a mail."""
    return {"subject", "body"} <= {field.get("role") for field in outputs}
