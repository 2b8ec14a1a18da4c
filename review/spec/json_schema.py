"""JSON Schema 2020-12 of a task's output; `json_schema_reading` is the inverse. Pure Python.

The subset is common to providers' strict modes, a compiled grammar and the desk: closed objects with every property
required, arrays, strings, numbers, booleans, dates and enums, nested as deep as fields may be.
"""

from __future__ import annotations

from typing import Any

from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ORDERED = "The labels go from least to most."


def output_json_schema(spec: TaskSpec, *, bounds: bool = True) -> dict[str, Any]:
    """Return the schema of an object with every field required: strict modes refuse optional properties.

    Args:
        bounds: Whether ranges, lengths and patterns are keywords, which some providers refuse. Descriptions hold them
            in words either way.
    """
    return _object(spec.output_schema, spec.slots, bounds=bounds)


def document(spec: TaskSpec) -> dict[str, Any]:
    """Return the schema as a document that names its dialect."""
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
    is_nullable = not field.required and field.value_type.empty is None
    if is_nullable:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    description = _described(field, is_nullable=is_nullable)
    if slots and field.type == "text" and isinstance(field, OutputField) and field.role in ("", "body"):
        description.append(f"Placeholders stay as they are: {', '.join(f'{{{{{slot}}}}}' for slot in slots)}.")
    text = " ".join(words.strip() for words in description if words.strip())
    return schema | {"description": text} if text else schema


def _typed(field: OutputItem, slots: tuple[str, ...], *, bounds: bool) -> dict[str, Any]:
    kind = field.value_type
    if field.items:
        parts = _object(field.items, slots, bounds=bounds)
        return {"type": "array", "items": parts} if kind.is_many else parts
    choice: dict[str, Any] = {"type": "string" if kind.is_many else kind.json}
    if kind.has_labels:
        choice["enum"] = [label.name for label in field.labels]
    if kind.format:
        choice["format"] = kind.format
    if kind.is_many:
        return {"type": "array", "items": choice} | ({"uniqueItems": True} if kind.has_labels and bounds else {})
    if not bounds:
        return choice
    keywords = {"maxLength": field.max_chars, "pattern": field.pattern or None} if kind.is_prose else {}
    return choice | _range(field) | {name: value for name, value in keywords.items() if value is not None}


def _range(field: OutputItem) -> dict[str, Any]:
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    bounds: dict[str, Any] = {
        name: int(value) if value == int(value) else value for name, value in limits.items() if value is not None
    }
    if field.decimals is not None:
        bounds["multipleOf"] = 1 if field.decimals == 0 else float(f"1e-{field.decimals}")
    return bounds


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
    words.append(field.value_type.note)
    return words
