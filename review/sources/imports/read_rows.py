"""A table read as rows of a task: mapped, typed, and refused with a reason. Touches no row of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from review.sources.imports import whole_answer
from review.sources.imports.cell_texts import text_of
from review.sources.imports.cell_values import PLAIN, Notation, read_value, read_written
from review.sources.imports.column_mapping import ANSWER_FIELD, LABELS_FIELD, SPLIT_FIELD, ColumnMapping, TargetField
from review.sources.imports.result import RowTally
from review.sources.imports.tables import MAX_COLUMNS, Row, RowSource
from review.spec.schema import Facts, InputField, OutputField
from review.states import Split
from review.text.grounding.quoting import stray_quote
from web.errors import Refusal

T = TypeVar("T")
# Columns that a message names.
SHOWN = 30
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), Split.TRAIN.value),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development"), Split.VALIDATION.value),
    **dict.fromkeys(("test", "testing", "holdout", "held out", "held-out"), Split.TEST.value),
}


class ReadRow(NamedTuple):
    """One good row.

    Its facts, what was written (drafts alone), labels of its defects, what was said (verdicts alone), and its split
    where a column says so.
    """

    number: int
    facts: Facts
    written: dict[str, Any]
    labels: tuple[str, ...]
    said: dict[str, Any]
    split: str = ""


def check_mapping(
    table: RowSource, mapping: ColumnMapping, fields: Sequence[TargetField], defaults: dict[str, str]
) -> None:
    """Refuse a mapping that names what is not there, a field twice, or leaves all or a required one without a column.

    Raises:
        Refusal: `mapping_invalid`, with the mistakes by column or field.
    """
    if len(mapping) > MAX_COLUMNS:
        raise Refusal("mapping_invalid", f"The mapping names {len(mapping):,} columns; {MAX_COLUMNS:,} is the limit.")
    errors: dict[str, list[str]] = {}
    columns, names = set(table.columns), {target.name for target in fields}
    repeated = {target.name for target in fields if target.may_repeat}
    used: dict[str, str] = {}
    for column, name in mapping.items():
        if not name:
            continue
        if column not in columns:
            errors[column] = [f"The file has no column '{column}'; it has {_some(table.columns)}."]
        elif name not in names:
            errors[column] = [f"'{name}' is not a field of this task; it has {', '.join(sorted(names))}."]
        elif name in used and name not in repeated:
            errors[column] = [f"'{name}' is filled from '{used[name]}' already."]
        used.setdefault(name, column)
    for name in defaults:
        if name not in names:
            errors[name] = [f"'{name}' is not a field of this task; it has {', '.join(sorted(names))}."]
    for target in fields:
        is_inside = target.is_output and ANSWER_FIELD in used
        if target.is_required and target.name not in used and not defaults.get(target.name) and not is_inside:
            what = "written field" if target.is_output else "field"
            errors.setdefault(target.name, [f"No column fills the {what} '{target.name}', which is required."])
    if not errors and used.keys() <= {SPLIT_FIELD}:
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


def _some(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:SHOWN])
    return shown if len(columns) <= SHOWN else f"{shown} and {len(columns) - SHOWN} more"


def read_rows(
    table: RowSource,
    mapping: ColumnMapping,
    fields: Sequence[TargetField],
    defaults: dict[str, str],
    tally: RowTally,
    notation: Notation = PLAIN,
) -> Iterator[ReadRow]:
    """Good rows of a table; bad ones are counted in the tally with their reasons.

    Raises:
        Refusal: The file cannot be read on.
    """
    reader, columns = _Reader(mapping, fields, defaults, notation), frozenset(table.columns)
    for row in table.rows():
        tally.total += 1
        if row.problem:
            tally.refuse(row.number, row.located(row.problem))
            continue
        if not row.values.keys() <= columns:
            tally.late_columns.update(dict.fromkeys(name for name in row.values if name not in columns))
        try:
            read = reader.read(row)
        except ValueError as error:
            tally.refuse(row.number, row.located(str(error)))
            continue
        for column in reader.joined_lists(row):
            tally.joined.setdefault(column, row.number)
        yield read


def at_most(rows: Iterable[T], most: int, what: str) -> Iterator[T]:
    """Pass rows on, up to what one transaction writes before other writers give up waiting.

    Raises:
        Refusal: `too_many_rows` (413).
    """
    for count, row in enumerate(rows, 1):
        if count > most:
            message = f"The file holds more than {most:,} {what}."
            raise Refusal("too_many_rows", message, hint="Split it and import the parts.", status=413)
        yield row


class _Reader:
    """Cells to fields by one mapping; which column is what kind of field is settled once for all rows."""

    def __init__(
        self, mapping: ColumnMapping, fields: Sequence[TargetField], defaults: dict[str, str], notation: Notation
    ) -> None:
        self._notation = notation
        by_name = {target.name: target for target in fields}
        pairs = [(column, by_name[name]) for column, name in mapping.items() if name]
        self._used = [column for column, _ in pairs]
        filled = {target.name for _, target in pairs}
        self._written = [
            (column, of.field) for column, of in pairs if of.is_output and isinstance(of.field, OutputField)
        ]
        self._facts = [(column, of.field) for column, of in pairs if isinstance(of.field, InputField)]
        typed = {column for column, _ in (*self._written, *self._facts)}
        others = [(column, of.name) for column, of in pairs if column not in typed]
        self._labels = [column for column, name in others if name == LABELS_FIELD]
        self._split = next((column for column, name in others if name == SPLIT_FIELD), None)
        self._answer = next((column for column, name in others if name == ANSWER_FIELD), None)
        self._schema = [of.field for of in fields if of.is_output and isinstance(of.field, OutputField)]
        aside = (ANSWER_FIELD, LABELS_FIELD, SPLIT_FIELD)
        self._said = [(column, name) for column, name in others if name not in aside]
        constants = {
            name: value
            for name, value in defaults.items()
            if value and name not in filled and not by_name[name].is_output
        }
        self._constant_facts = [
            (name, field, value)
            for name, value in constants.items()
            if isinstance(field := by_name[name].field, InputField)
        ]
        inputs = [field for _, field in self._facts] + [field for _, field, _ in self._constant_facts]
        self._singles = [column for column, field in self._facts if field.type in ("text", "choice", "url")]
        self._quotes = [field for field in inputs if field.type == "quote"]
        constant_facts = {name for name, _, _ in self._constant_facts}
        self._constant_said = {name: value for name, value in constants.items() if name not in constant_facts}
        self._required = [of.name for of in fields if of.is_required and isinstance(of.field, InputField)]

    def read(self, row: Row) -> ReadRow:
        """The row, typed.

        Raises:
            ValueError: A cell does not fit its field or cannot be read, or a required one is empty.
        """
        for column, problem in (row.unread or {}).items():
            # An object in a cell fills fields by its keys too.
            if any(used == column or used.startswith(f"{column}.") for used in self._used):
                raise ValueError(problem)
        take, notation = row.values.get, self._notation
        facts: Facts = {}
        for column, field in self._facts:
            if (fact := _fact(field, column, take(column), notation)) is not None:
                facts[field.name] = f"{facts[field.name]}\n{fact}" if field.name in facts else fact
        for name, field, value in self._constant_facts:
            if (fact := _fact(field, name, value, notation)) is not None:
                facts[name] = fact
        if self._quotes and (stray := stray_quote(self._quotes, facts)):
            raise ValueError(f"'{stray[0]}' {stray[1]}")
        written = {output.name: _written(output, column, take(column), notation) for column, output in self._written}
        if self._answer is not None:
            written = _with_answer(
                written, whole_answer.read(self._schema, self._answer, take(self._answer)), self._answer
            )
        labels = _labels(take(self._labels[0])) if self._labels else ()
        verdict_cells = {name: take(column) for column, name in self._said} | self._constant_said
        for name in self._required:
            if name not in facts:
                raise ValueError(f"'{name}' is empty; it is required")
        split = _split(self._split, take(self._split)) if self._split is not None else ""
        return ReadRow(row.number, facts, written, labels, verdict_cells, split)

    def joined_lists(self, row: Row) -> list[str]:
        """Return the columns whose lists were joined into one text."""
        return [column for column in self._singles if isinstance(row.values.get(column), list)]


def _fact(field: InputField, column: str, value: object, notation: Notation) -> Any:
    try:
        return read_value(field, value, notation)
    except ValueError as error:
        where = f"'{column}'" if column == field.name else f"'{column}' ({field.name})"
        raise ValueError(f"{where} {error}") from None


def _written(field: OutputField, column: str, value: object, notation: Notation) -> Any:
    try:
        return read_written(field, value, notation)
    except ValueError as error:
        raise ValueError(f"'{column}' {error}") from None


def _with_answer(written: dict[str, Any], answer: dict[str, Any], column: str) -> dict[str, Any]:
    if double := written.keys() & answer.keys():
        raise ValueError(f"'{column}' says '{min(double)}' too, which has a column of its own")
    return written | answer


def _split(column: str, value: object) -> str:
    word = "" if value is None else " ".join(str(value).split())
    if not word:
        return ""
    if (split := SPLIT_WORDS.get(word.casefold())) is None:
        raise ValueError(f"'{column}' is '{word[:40]}', expected train, validation or test")
    return split


def _labels(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else text_of(value or "").replace(",", ";").split(";")
    return tuple(text for part in parts if (text := text_of(part).strip()))
