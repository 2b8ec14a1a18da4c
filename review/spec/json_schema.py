"""A task's output as JSON Schema 2020-12; `json_schema_reading` is the way back. Pure Python.

The subset is what providers' strict modes, a compiled grammar and the desk all know: objects with every property required
and no others, arrays, strings, numbers, booleans, days and enums, nested as deep as fields may be.
"""

from __future__ import annotations

from typing import Any

from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ORDERED = "The labels go from least to most."


def output_json_schema(spec: TaskSpec, *, bounds: bool = True) -> dict[str, Any]:
    """One object with every field of the output, none optional: strict modes refuse a member that may be missing.

    Args:
        bounds: Whether ranges, lengths and patterns stand as keywords. Some providers refuse those; the descriptions say
            them in words either way.
    """
    return _object(spec.output_schema, spec.slots, bounds=bounds)


def document(spec: TaskSpec) -> dict[str, Any]:
    """The same as a document of its own, for readers that ask which dialect it is in."""
    return {"$schema": DIALECT, **output_json_schema(spec)}


def _object(fields: tuple[OutputItem, ...], slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    properties = {field.name: _field(field, slots, bounds=bounds) for field in fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _field(field: OutputItem, slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    schema = _typed(field, slots, bounds=bounds)
    is_nullable = not field.required and field.type in ("choice", "integer", "number", "boolean", "date", "object")
    if is_nullable:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    said = _described(field, is_nullable=is_nullable)
    if slots and field.type == "text" and isinstance(field, OutputField) and field.role in ("", "body"):
        said.append(f"Placeholders stay as they are: {', '.join(f'{{{{{slot}}}}}' for slot in slots)}.")
    text = " ".join(words.strip() for words in said if words.strip())
    return schema | {"description": text} if text else schema


def _typed(field: OutputItem, slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    names = [label.name for label in field.labels]
    if field.type == "list":
        of = _object(field.items, slots, bounds=bounds) if field.items else {"type": "string"}
        return {"type": "array", "items": of}
    if field.type == "object":
        return _object(field.items, slots, bounds=bounds)
    if field.type == "choice":
        return {"type": "string", "enum": names}
    if field.type == "choices":
        schema: dict[str, Any] = {"type": "array", "items": {"type": "string", "enum": names}}
        return schema | ({"uniqueItems": True} if bounds else {})
    if field.type in ("integer", "number"):
        return {"type": field.type} | (_range(field) if bounds else {})
    if field.type == "boolean":
        return {"type": "boolean"}
    if field.type == "date":
        return {"type": "string", "format": "date"}
    keywords = {"maxLength": field.max_chars, "pattern": field.pattern or None} if bounds else {}
    return {"type": "string"} | {name: value for name, value in keywords.items() if value is not None}


def _range(field: OutputItem) -> dict[str, Any]:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    found: dict[str, Any] = {
        name: int(value) if value == int(value) else value for name, value in bounds.items() if value is not None
    }
    if field.type == "number" and field.decimals is not None:
        found["multipleOf"] = 1 if field.decimals == 0 else float(f"1e-{field.decimals}")
    return found


def _described(field: OutputItem, *, is_nullable: bool) -> list[str]:
    lengths = (
        ("At least", field.min_words, "words"),
        ("At most", field.max_words, "words"),
        ("At most", field.max_chars, "characters"),
    )
    words = [field.description, *(f"{how} {count} {what}." for how, count, what in lengths if count)]
    if isinstance(field, OutputField) and not field.required:
        words.append("Null if there is nothing to say." if is_nullable else "Empty if there is nothing to say.")
    labels = [f"{label.name}: {label.description}" for label in field.labels if label.description]
    if labels:
        words.append("; ".join(labels) + ".")
    if field.ordered:
        words.append(ORDERED)
    if field.minimum is not None:
        words.append(f"At least {field.minimum:.15g}.")
    if field.maximum is not None:
        words.append(f"At most {field.maximum:.15g}.")
    if field.decimals is not None:
        words.append(f"At most {field.decimals} decimals.")
    if field.unit:
        words.append(f"In {field.unit}.")
    if field.pattern:
        words.append(f"Matches {field.pattern}.")
    if field.type == "quote":
        words.append("Copied letter by letter from the facts.")
    return words
