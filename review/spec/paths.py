"""Texts of a draft by path, and reading and replacing of values by path. Pure Python.

A path names a place as marks do: `body`, `claims.0.quote`, `order.lines.2.name`, `tags.1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from review.spec.schema import Fields, OutputField, OutputItem
from web.whole_numbers import whole_number


class TextPlace(NamedTuple):
    """Text of a draft.

    Attributes:
        field: Output field that the text belongs to.
        item: Schema of the text itself; the field where it has no parts.
        text: The text; may be empty.
        parts: All texts in the same element or object by name, this one included; empty outside elements and objects.
    """

    path: str
    field: OutputField
    item: OutputItem
    text: str
    parts: dict[str, str]


def texts(schema: Sequence[OutputField], fields: Fields) -> Iterator[TextPlace]:
    """Yield every text and quote of a draft in schema order, those in lists and objects one by one."""
    for field in schema:
        yield from _texts_of(field, field, fields.get(field.name), field.name, {})


def _texts_of(
    field: OutputField, item: OutputItem, value: Any, path: str, parts: dict[str, str]
) -> Iterator[TextPlace]:
    if item.value_type.is_prose:
        yield TextPlace(path, field, item, str(value or ""), parts)
    elif item.type == "object":
        yield from _texts_in(field, item, value, path)
    elif item.type == "list":
        for index, element in enumerate(value if isinstance(value, list) else ()):
            if item.items:
                yield from _texts_in(field, item, element, f"{path}.{index}")
            else:
                yield TextPlace(f"{path}.{index}", field, item, str(element), {})


def _texts_in(field: OutputField, item: OutputItem, value: Any, path: str) -> Iterator[TextPlace]:
    value = _parts_of(value)
    parts = {part.name: str(value.get(part.name) or "") for part in item.items if part.value_type.is_prose}
    for part in item.items:
        yield from _texts_of(field, part, value.get(part.name), f"{path}.{part.name}", parts)


def values(schema: Sequence[OutputItem], fields: Fields) -> Iterator[tuple[OutputItem, Any]]:
    """Yield every value of a draft with its item in schema order, those in lists and objects one by one."""
    for item in schema:
        value = fields.get(item.name)
        if item.type == "object":
            yield from values(item.items, _parts_of(value))
        elif item.type == "list":
            for element in value if isinstance(value, list) else ():
                yield from values(item.items, _parts_of(element)) if item.items else [(item, element)]
        else:
            yield item, value


def _parts_of(value: object) -> dict[str, Any]:
    """Return an object; an empty one for nothing, and for the mark that erasing leaves in its place."""
    return value if isinstance(value, dict) else {}


def value_at(fields: Fields, path: str) -> Any:
    """Return the value at a path; None where there is none."""
    value: Any = fields
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and (index := whole_number(step, otherwise=len(value))) < len(value):
            value = value[index]
        else:
            return None
    return value


def text_at(fields: Fields, path: str) -> str:
    """Return the text at a path; empty where there is none."""
    value = value_at(fields, path)
    return value if isinstance(value, str) else ""


def with_value(fields: Fields, path: str, value: object) -> Fields:
    """Return a copy of the fields with the value at a path replaced.

    Raises:
        KeyError: There is no value at the path.
    """
    return dict(_replaced(fields, path.split("."), value))


def _replaced(there: object, steps: list[str], value: object) -> Any:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(there, dict) and step in there:
        return {**there, step: _replaced(there[step], rest, value)}
    if isinstance(there, list) and (index := whole_number(step, otherwise=len(there))) < len(there):
        return [*there[:index], _replaced(there[index], rest, value), *there[index + 1 :]]
    raise KeyError(step)


def word_count(fields: Fields) -> int:
    """Count the words of all values of a draft."""
    return sum(len(str(leaf).split()) for leaf in leaves(fields))


def leaves(value: object) -> Iterator[str | int | float | bool]:
    """Yield every value inside lists and objects in order, without missing ones."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        value = () if value is None else (value,)
    for part in value:
        if isinstance(part, (dict, list, tuple)):
            yield from leaves(part)
        elif part is not None:
            yield part


def as_text(value: object) -> str:
    """Write a value in one line for people: yes or no, labels with commas; empty where missing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(as_text, value)))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {as_text(part)}" for name, part in value.items() if as_text(part))
    return "" if value is None else str(value)
