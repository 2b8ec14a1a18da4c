"""In which form a task's output is written: a mail, plain text, a bare label or number, or canonical JSON; told in words.

Pure Python. `prompting` writes and reads answers by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec


def output_format(spec: TaskSpec) -> str:
    """Tell a model in words which shape to answer in."""
    if mail := mail_fields(spec.output_schema):
        return f"Answer with 'Subject: ' and the {mail[0]} on the first line, a blank line, then the {mail[1]}."
    if is_plain(spec.output_schema):
        return "Answer with the text alone."
    if field := bare_field(spec.output_schema):
        return _bare_format(field)
    return json_format(spec)


def json_format(spec: TaskSpec) -> str:
    """Tell it to answer with the output as one JSON object, whatever its own form is."""
    told = [line for field in spec.output_schema for line in _told(field, field.name)]
    words = f"Answer with one JSON object and nothing else: {answer_shape(spec)}"
    return "\n".join([words, *told])


def answer_shape(spec: TaskSpec) -> str:
    """The object that is to be answered with, as JSON with an ellipsis for each value; in quotes where the value has them."""
    return _parts(spec.output_schema)


def _parts(items: Iterable[OutputItem]) -> str:
    return f"{{{', '.join(f'{json.dumps(item.name)}: {_shape(item)}' for item in items)}}}"


def _shape(field: OutputItem) -> str:
    if field.type in ("list", "object"):
        parts = _parts(field.items) if field.items else '"…"'
        return f"[{parts}]" if field.type == "list" else parts
    if field.type in _UNQUOTED:
        return "…"
    return '["…"]' if field.type == "choices" else '"…"'


# Values that JSON writes without quotes.
_UNQUOTED = frozenset({"integer", "number", "boolean"})


def _told(field: OutputItem, path: str) -> list[str]:
    """Return the lines that tell a model a field's labels or type, and those of its parts; none for texts."""
    if field.type == "choices":
        return [f"{path}: a list of any of", *_labels(field)]
    if field.type == "choice":
        return [f"{path}: one of{_in_order(field)}", *_labels(field)]
    if field.type in _TOLD:
        return [f"{path}: {_kind(field)}"]
    return [line for item in field.items for line in _told(item, f"{path}.{item.name}")]


def _in_order(field: OutputItem) -> str:
    return ", from least to most" if field.ordered else ""


def _labels(field: OutputItem) -> list[str]:
    return [
        f"- {label.name}: {label.description}" if label.description else f"- {label.name}" for label in field.labels
    ]


def _kind(field: OutputItem) -> str:
    kind = _TOLD[field.type] + (f" in {field.unit}" if field.unit else "")
    if field.decimals is not None:
        kind += f" with at most {field.decimals} decimals"
    if field.minimum is not None or field.maximum is not None:
        least, most = (f"{value:.15g}" if value is not None else "" for value in (field.minimum, field.maximum))
        kind += (
            f" from {least} to {most}" if least and most else f", at least {least}" if least else f", at most {most}"
        )
    return kind if field.required else f"{kind}, or null"


_TOLD = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a day as YYYY-MM-DD",
    "quote": "words copied letter by letter from the facts",
}


def bare_field(schema: tuple[OutputField, ...]) -> OutputField | None:
    """The one field whose value alone is the answer, without a name: a label, a number, a day, true or false."""
    alone = schema[0] if len(schema) == 1 else None
    return alone if alone and alone.type in _BARE and alone.required else None


_BARE = frozenset({"choice", "integer", "number", "boolean", "date"})


def bare_text(value: str | float | bool) -> str:
    """The value of a bare field as an answer: the label or the day itself, true, 3, 2.5."""
    return value if isinstance(value, str) else json.dumps(value)


def _bare_format(field: OutputField) -> str:
    if field.type == "choice":
        return "\n".join([f"Answer with one of these labels{_in_order(field)} and nothing else:", *_labels(field)])
    return f"Answer with {_kind(field)} and nothing else."


def is_mail(spec: TaskSpec) -> bool:
    """Return whether the output is a mail: one subject and one body."""
    return mail_fields(spec.output_schema) is not None


def mail_fields(schema: tuple[OutputField, ...]) -> tuple[str, str] | None:
    """Names of the subject and the body, where a mail is all that is written."""
    by_role = {field.role: field.name for field in schema}
    if len(schema) == 2 and "subject" in by_role and "body" in by_role:
        return by_role["subject"], by_role["body"]
    return None


def is_plain(schema: tuple[OutputField, ...]) -> bool:
    """Return whether the output is one text and nothing else."""
    return len(schema) == 1 and schema[0].type == "text"


def writes_mails(outputs: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether output fields, as plain data, have the roles of a mail."""
    return {"subject", "body"} <= {field.get("role") for field in outputs}
