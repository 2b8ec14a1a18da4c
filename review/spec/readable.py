"""Drafts as text for people: mails and texts unchanged, other fields line by line. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from review.spec.output_format import is_plain, mail_fields
from review.spec.paths import as_text
from review.spec.prompting import completion
from review.spec.schema import Fields, OutputField, OutputItem
from review.spec.task_spec import TaskSpec


def in_reading_order(schema: Sequence[OutputField]) -> list[OutputField]:
    """Sort fields as cards, editors, lists and comparisons do: a mail's subject, texts, then values."""
    mail = mail_fields(tuple(schema))
    return sorted(schema, key=lambda field: (field.value_type.is_value, mail is not None and field.name != mail[0]))


def readable(spec: TaskSpec, fields: Fields) -> str:
    """Write the fields as text: values after the name of their field, elements of a list below it.

    Raises:
        ValueError: The fields of a mail or a text do not fit the schema.
    """
    if is_prose(spec):
        return completion(spec, fields)
    return "\n".join(
        line for field in in_reading_order(spec.output_schema) for line in _lines(field, fields.get(field.name), "")
    )


def is_prose(spec: TaskSpec) -> bool:
    """Return whether the output is a mail or one text, without values."""
    return mail_fields(spec.output_schema) is not None or is_plain(spec.output_schema)


def leaf_texts(spec: TaskSpec, fields: Fields) -> dict[str, str]:
    """Return every value as text by its label, such as `Order › Lines 2 › Name`; a list of labels is one value."""
    ordered = in_reading_order(spec.output_schema)
    return {name: text for field in ordered for name, text in _leaves(field, fields.get(field.name), "")}


def _leaves(field: OutputItem, value: object, above: str) -> Iterator[tuple[str, str]]:
    name = f"{above}{field.name.replace('_', ' ').capitalize()}"
    if field.type == "object" and isinstance(value, dict):
        for item in field.items:
            yield from _leaves(item, value.get(item.name), f"{name} › ")
    elif field.type == "list" and isinstance(value, list):
        for number, element in enumerate(value, 1):
            if not isinstance(element, dict):
                yield f"{name} {number}", as_text(element)
                continue
            for item in field.items:
                yield from _leaves(item, element.get(item.name), f"{name} {number} › ")
    else:
        yield name, as_text(value)


def _lines(field: OutputItem, value: object, indent: str) -> list[str]:
    name = f"{indent}{field.name.replace('_', ' ').capitalize()}:"
    if field.type == "object" and isinstance(value, dict):
        return [name, *(line for item in field.items for line in _lines(item, value.get(item.name), f"{indent}  "))]
    if field.type == "list" and isinstance(value, list) and value:
        return [name, *(line for element in value for line in _element(field, element, indent))]
    return [f"{name} {as_text(value) or '–'}"]


def _element(field: OutputItem, element: object, indent: str) -> list[str]:
    if not isinstance(element, dict):
        return [f"{indent}  – {element}"]
    parts = [line for item in field.items for line in _lines(item, element.get(item.name), f"{indent}    ")]
    first, *rest = parts
    return [f"{indent}  – {first.strip()}", *rest]
