"""The task's output as a JSON Schema that both providers take in strict mode. Pure.

Strict modes know types, required members and no others; lengths are said in words and checked when the answer is here.
"""

from __future__ import annotations

from typing import Any

from review.schema import OutputField, OutputItem
from review.spec import TaskSpec


def json_schema(task: TaskSpec) -> dict[str, Any]:
    """One object with every field of the output, none optional: strict modes refuse a member that may be missing."""
    return _object({field.name: _field(field, task.slots) for field in task.output_schema})


def _field(field: OutputField, slots: tuple[str, ...]) -> dict[str, Any]:
    said = [field.description, *_lengths(field)]
    if not field.required:
        said.append("Empty if there is nothing to say.")
    if field.type == "list":
        items = _object({item.name: _described({"type": "string"}, _item_words(item)) for item in field.items})
        return _described({"type": "array", "items": items}, said)
    if slots and field.role in ("", "body"):
        said.append(f"Placeholders stay as they are: {', '.join(f'{{{{{slot}}}}}' for slot in slots)}.")
    return _described({"type": "string"}, said)


def _item_words(item: OutputItem) -> list[str]:
    return [item.description, f"At most {item.max_chars} characters." if item.max_chars else ""]


def _lengths(field: OutputField) -> list[str]:
    return [
        f"At least {field.min_words} words." if field.min_words else "",
        f"At most {field.max_words} words." if field.max_words else "",
        f"At most {field.max_chars} characters." if field.max_chars else "",
    ]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _described(schema: dict[str, Any], words: list[str]) -> dict[str, Any]:
    text = " ".join(word.strip() for word in words if word.strip())
    return schema | {"description": text} if text else schema
