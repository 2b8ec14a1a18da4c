"""A table read as rows of a task: mapped, typed, and refused with a reason. Touches no row of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from review.schema import Facts, InputField, OutputField
from review.services.imports.mapping import LABELS_FIELD, Mapping, Target
from review.services.imports.result import Tally
from review.services.imports.tables import Row
from review.services.imports.values import read_value
from web.errors import Refusal


class Readable(Protocol):
    """A file as rows under named columns, that can be read as often as wanted."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def rows(self) -> Iterator[Row]: ...


class Cell(NamedTuple):
    """A value on its way to a field, and where it was found."""

    target: Target
    column: str
    value: Any


class ReadRow(NamedTuple):
    """One good row: its facts, what was written (drafts alone), labels of its defects, and what was said (verdicts alone)."""

    number: int
    facts: Facts
    written: dict[str, Any]
    labels: tuple[str, ...]
    said: dict[str, Any]


def check_mapping(table: Readable, mapping: Mapping, fields: Sequence[Target], defaults: dict[str, str]) -> None:
    """Refuse a mapping that names what is not there, a field twice, or leaves all fields or a required one without a column.

    Raises:
        Refusal: `mapping_invalid`, with the mistakes by column or field.
    """
    errors: dict[str, list[str]] = {}
    names = {target.name for target in fields}
    used: dict[str, str] = {}
    for column, name in mapping.items():
        if not name:
            continue
        if column not in table.columns:
            errors[column] = [f"The file has no column '{column}'; it has {', '.join(table.columns)}."]
        elif name not in names:
            errors[column] = [f"'{name}' is no field of this task; it has {', '.join(sorted(names))}."]
        elif name in used:
            errors[column] = [f"'{name}' is filled from '{used[name]}' already."]
        used.setdefault(name, column)
    for name in defaults:
        if name not in names:
            errors[name] = [f"'{name}' is no field of this task; it has {', '.join(sorted(names))}."]
    for target in fields:
        if target.is_required and target.name not in used and not defaults.get(target.name):
            what = "written field" if target.is_output else "field"
            errors.setdefault(target.name, [f"No column fills the {what} '{target.name}', which is required."])
    if not errors and not used:
        # Rows without a single fact would all be the same record.
        errors[table.columns[0]] = ["No column fills any field of this task."]
    if errors:
        first = next(iter(errors.values()))[0]
        raise Refusal(
            "mapping_invalid",
            first,
            hint="Choose a column for each field that matters, and for every required one.",
            errors=errors,
        )


def read_rows(
    table: Readable, mapping: Mapping, fields: Sequence[Target], defaults: dict[str, str], tally: Tally
) -> Iterator[ReadRow]:
    """Good rows of a table; bad ones are counted in the tally with their reasons.

    Raises:
        Refusal: The file cannot be read on.
    """
    by_name = {target.name: target for target in fields}
    pairs = [(column, by_name[name]) for column, name in mapping.items() if name]
    filled = {target.name for _, target in pairs}
    constants = [
        Cell(by_name[name], name, value)
        for name, value in defaults.items()
        if value and name not in filled and not by_name[name].is_output
    ]
    required = [target.name for target in fields if target.is_required and isinstance(target.field, InputField)]
    for row in table.rows():
        tally.total += 1
        if row.problem:
            tally.refuse(row.number, row.problem)
            continue
        try:
            yield _read(row.number, [*_cells(pairs, row.values), *constants], required)
        except ValueError as error:
            tally.refuse(row.number, str(error))


def _cells(pairs: list[tuple[str, Target]], values: dict[str, Any]) -> list[Cell]:
    return [Cell(target, column, values.get(column)) for column, target in pairs]


def _read(number: int, cells: list[Cell], required: list[str]) -> ReadRow:
    facts: Facts = {}
    written: dict[str, Any] = {}
    labels: tuple[str, ...] = ()
    said: dict[str, Any] = {}
    for target, column, value in cells:
        if target.name == LABELS_FIELD and target.field is None:
            labels = _labels(value)
        elif isinstance(target.field, OutputField):
            written[target.field.name] = _written(target.field, column, value)
        elif isinstance(target.field, InputField):
            fact = _fact(target.field, column, value)
            if fact is not None:
                facts[target.name] = fact
        else:
            said[target.name] = value
    for name in required:
        if name not in facts:
            raise ValueError(f"'{name}' is empty; it is required")
    return ReadRow(number, facts, written, labels, said)


def _fact(field: InputField, column: str, value: Any) -> Any:
    try:
        return read_value(field, value)
    except ValueError as error:
        where = f"'{column}'" if column == field.name else f"'{column}' ({field.name})"
        raise ValueError(f"{where} {error}") from None


def _written(field: OutputField, column: str, value: Any) -> Any:
    """What was written, as it stands; a list may come as JSON text in a cell."""
    if field.type == "text" or not isinstance(value, str) or not value.strip():
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(f"'{column}' holds no JSON list") from None


def _labels(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value or "").replace(",", ";").split(";")
    return tuple(text for part in parts if (text := str(part).strip()))
