"""Columns of a file by its first rows: their types, their fields, and which objects are opened for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from review.sources.imports import notation
from review.sources.imports.cell_texts import text_of
from review.sources.imports.cell_values import Notation
from review.sources.imports.choices import AS_FOUND
from review.sources.imports.column_mapping import TargetField
from review.sources.imports.logs.slot_names import field_name, free_name
from review.sources.imports.own_rows import column_names
from review.sources.imports.own_rows.column_types import FIELDS, are_row_numbers, is_read, types_of
from review.sources.imports.own_rows.column_uses import (
    ANSWER,
    FACT,
    OUT,
    Column,
    changed,
    is_named,
    kind_of_fact,
    with_uses,
)
from review.sources.imports.tables import Row, Table
from review.spec.schema import InputField

# Rows that types are told by; the import reads them all.
MOST_ROWS: Final = 2_000
# Where a program's name begins another word, as in `expectedOutput`.
_CAMEL = re.compile(r"(?<=[a-z][a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class _Head:
    """The first rows of a file, to be looked through more than once."""

    columns: tuple[str, ...]
    held: tuple[Row, ...]
    delimiter: str

    def rows(self) -> Iterator[Row]:
        return iter(self.held)


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns of a file with their types and uses, by its first rows and the columns' names.

    Objects come whole, unless they alone hold texts, or the one answer.

    Raises:
        Refusal: The file cannot be read.
    """
    columns = _read(table, table.columns)
    has_answer = any(column.use == ANSWER for column in columns)
    if (has_answer and _has_texts(columns)) or _is_described(columns) or table.format == "csv":
        return columns
    opened = table.opened()
    objects = opened.nest.opened if opened.nest else ()
    whole = {column.name for column in columns if column.use == ANSWER and FIELDS in column.kinds and is_named(column)}
    inner = tuple(f"{name}." for name in objects if name in whole)
    names = [
        name for name in opened.columns if not name.startswith(inner) and not (name in objects and name not in whole)
    ]
    others = _read(opened, names)
    answers = {column.name for column in columns if column.use == ANSWER}
    if any(column.name in answers and is_named(column) for column in columns):
        used = [each for each in others if each.use in (FACT, ANSWER)]
        is_answer = {each.name: not answers.isdisjoint((each.name, each.name.rpartition(".")[0])) for each in used}
        others = changed(others, {name: ANSWER if is_one else FACT for name, is_one in is_answer.items()}, {})
    gains_answer = not has_answer and any(column.use == ANSWER for column in others)
    return others if gains_answer or (_has_texts(others) and not _has_texts(columns)) else columns


def _read(table: Table, names: Sequence[str]) -> tuple[Column, ...]:
    head = _Head(tuple(names), tuple(islice(table.rows(), MOST_ROWS)), table.delimiter)
    written = _notation_of(head)
    whole = [row.values for row in head.held if not row.problem]
    columns, taken = [], list[str]()
    inner = Counter(name.rpartition(".")[2] for name in names)
    for name in names:
        values = tuple(value for row in whole if (value := row.get(name)) not in (None, "", [], {}) and _is_said(value))
        kinds = types_of(values, written)
        last = name.rpartition(".")[2]
        is_inner = table.nest is not None and name.removesuffix(f".{last}") in table.nest.opened and inner[last] == 1
        field = free_name(field_name(_CAMEL.sub("_", last if is_inner else name)) or "column", taken)
        taken.append(field)
        kind = kind_of_fact(kinds)
        # A column that counts the rows, as pandas writes its index, says nothing; no type takes lists of lists.
        is_index = are_row_numbers(values) and column_names.COUNTS.fullmatch(field) and len(names) > 1
        is_unread = bool(whole) and not (kinds and values) and not (values and is_read("object")(values, written))
        use = OUT if is_index or is_unread else FACT
        columns.append(Column(name, field, use, kind, kinds, values, len(values) == len(whole)))
    return with_uses(columns, table.answers)


def _is_described(columns: Sequence[Column]) -> bool:
    """Tell whether whole answers without an answer's name have a fact beside them that tells rows, such as a URL."""
    wholes = [column for column in columns if column.use == ANSWER and FIELDS in column.kinds and not is_named(column)]
    return any(not column_names.is_holder(column.field) for column in wholes) and any(
        column.use == FACT
        and column.kind in ("text", "document", "url")
        and not column_names.is_key(column.field)
        and (len(column.values) == 1 or len(set(map(text_of, column.values))) > 1)
        for column in columns
    )


def _has_texts(columns: Sequence[Column]) -> bool:
    """Tell whether a fact is more than names, numbers and days: texts of several words, or a conversation."""
    return any(
        column.kind in ("conversation", "list")
        or (
            column.kind in ("text", "document")
            and sum(" " in text_of(value).strip() for value in column.values) * 2 > len(column.values)
        )
        for column in columns
        if column.use == FACT
    )


def _notation_of(head: _Head) -> Notation:
    numbers = [TargetField(name, name, False, False, InputField(name="x", type="number")) for name in head.columns]
    days = [TargetField(name, name, False, False, InputField(name="x", type="date")) for name in head.columns]
    mapping = {name: name for name in head.columns}
    decimal = notation.find(head, mapping, numbers, AS_FOUND).notation.decimal
    return Notation(decimal, notation.find(head, mapping, days, AS_FOUND).dates)


def _is_said(value: object) -> bool:
    return not isinstance(value, str) or bool(value.strip())
