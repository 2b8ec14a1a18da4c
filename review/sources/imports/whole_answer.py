"""A whole answer in one column: a JSON object, as a cell of a table or of a JSON file holds it. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.sources.imports.cell_values import read_written
from review.sources.imports.logs.answer_shape import bare
from review.sources.imports.logs.slot_names import field_name
from review.spec.schema import Fields, OutputField
from web import strict_json


def object_in(value: object) -> dict[str, Any] | None:
    """The object that a cell holds; None where it holds none."""
    try:
        loaded = _loaded(value)
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None


def is_of_fields(answer: Mapping[str, Any]) -> bool:
    """Return whether the names of an answer's members give distinct field names.

    Nested names must be field names already.
    """
    names = [field_name(name) for name in answer]
    return all(names) and len(names) == len(set(names)) and all(map(_has_names_of_parts, answer.values()))


def _has_names_of_parts(value: object) -> bool:
    if isinstance(value, dict):
        return all(name == field_name(name) for name in value) and all(map(_has_names_of_parts, value.values()))
    return all(map(_has_names_of_parts, value)) if isinstance(value, list) else True


def read(schema: Sequence[OutputField], column: str, value: object) -> Fields:
    """The written fields of a row whose answer lies in one cell; the schema has the last word.

    Args:
        schema: What the task writes. A member may be named as people write it: `Is urgent` is `is_urgent`.
        value: The cell: JSON as text, or an object where the file itself is JSON. Nothing is written in an empty one.

    Raises:
        ValueError: It holds no JSON object, or a member does not fit its field; names both.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return {}
    fields_by_name = {field.name: field for field in schema}
    written: Fields = {}
    for name, member in _members(column, value).items():
        field = fields_by_name.get(name) or fields_by_name.get(field_name(name))
        if (place := field.name if field else name) in written:
            raise ValueError(f"'{column}' says '{place}' twice")
        written[place] = _member(field, column, member) if field else member
    return written


def _members(column: str, value: object) -> dict[str, Any]:
    try:
        loaded = _loaded(value)
    except ValueError as error:
        raise ValueError(f"'{column}' holds no whole JSON object: {error}") from None
    if not isinstance(loaded, dict):
        raise ValueError(f"'{column}' holds no JSON object with the fields of an answer")
    return loaded


def _loaded(value: object) -> Any:
    """A cell as JSON; large models like to fence it."""
    return strict_json.loads(bare(value), number=strict_json.written) if isinstance(value, str) else value


def _member(field: OutputField, column: str, value: object) -> Any:
    try:
        return read_written(field, value)
    except ValueError as error:
        raise ValueError(f"'{column}', field '{field.name}', {error}") from None
