"""Files as tables: CSV, JSONL and JSON arrays, read row by row. Knows columns and cells; nothing of tasks.

Rows are numbered as a person finds them again: in CSV as a spreadsheet does (the header is row 1), in JSONL by line, in
a JSON array by element.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.sources.imports.text_encoding import encoding_of
from web import strict_json
from web.errors import Refusal

if TYPE_CHECKING:
    from _csv import Reader

csv.field_size_limit(4 * 1024 * 1024)
_DELIMITERS = ",;\t|"
_COLUMNS_FROM_ROWS = 2000
# No export has so many; each costs a line of the page that matches them, and a look at every row.
MAX_COLUMNS = 1000
MAX_COLUMN_CHARS = 200
MAX_ROWS = 1_000_000
_NO_ROWS = "The file has no rows."


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its values by column, or what is wrong with it."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A file that can be read as often as wanted.

    Attributes:
        path: Where it lies.
        format: `csv`, `jsonl` or `json`.
        encoding: The codec that reads it.
        columns: Column names; of JSON the keys of its first 2,000 rows, in order of appearance.
        delimiter: What parts the cells of a CSV.
    """

    path: Path
    format: str
    encoding: str
    columns: tuple[str, ...] = ()
    delimiter: str = ","

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, in order; one row in memory at a time (a JSON array is read whole).

        Raises:
            Refusal: `csv_broken` or `json_broken` where the rest of the file cannot be read, or `too_many_rows` (413).
        """
        if self.format == "csv":
            return _counted(_csv_rows(self))
        return _counted(_jsonl_rows(self) if self.format == "jsonl" else _json_rows(self))


def open_table(path: Path) -> Table:
    """Look at a file: its encoding, its format by its first character, its columns.

    Raises:
        Refusal: It is empty, not text, mis-encoded, has no rows, names a column twice, or has too many of them.
    """
    encoding = encoding_of(path)
    first = _first_character(path, encoding)
    if not first:
        raise Refusal("file_empty", "The file holds nothing but blanks.", hint="Send a file with at least one row.")
    if first == "[":
        return _with_keys(Table(path, "json", encoding))
    if first == "{":
        return _with_keys(Table(path, "jsonl", encoding))
    return _open_csv(path, encoding)


def _first_character(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding) as file:
        for line in file:
            if line.strip():
                return line.strip()[0]
    return ""


def _open_csv(path: Path, encoding: str) -> Table:
    with path.open(encoding=encoding, newline="") as file:
        first = next(line for line in file if line.strip())
    delimiter = max(_DELIMITERS, key=first.count)
    table = Table(path, "csv", encoding, delimiter=delimiter)
    with path.open(encoding=encoding, newline="") as file:
        header = _next_filled(_reader(file, table))
        columns = _columns(header)
        if _next_filled(_reader(file, table), missing_ok=True) is None:
            raise Refusal("file_empty", _NO_ROWS, hint="It has a header alone; add at least one row under it.")
    return Table(path, "csv", encoding, columns, delimiter)


def _reader(file: Iterable[str], table: Table) -> Reader:
    return csv.reader(file, delimiter=table.delimiter, strict=True)


def _next_filled(reader: Reader, *, missing_ok: bool = False) -> Any:
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                return cells
    except csv.Error as error:
        raise _broken_csv(reader, error) from None
    return None if missing_ok else []


def _columns(header: list[str]) -> tuple[str, ...]:
    names = [" ".join(cell.split()) for cell in header]
    while names and not names[-1]:
        names.pop()
    names = [name or f"column {index}" for index, name in enumerate(names, 1)]
    check_columns(names)
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        first = places.setdefault(name, index)
        if first != index:
            message = f"The header names '{name}' twice, in columns {first + 1} and {index + 1}."
            raise Refusal(
                "header_twice", message, hint="Give each column a name of its own.", errors={"header": [message]}
            )
    return tuple(names)


def check_columns(names: Collection[str]) -> None:
    """Refuse a file with more columns than anybody matches, or with a name that is none.

    Raises:
        Refusal: `too_many_columns` (413) or `column_name_long`.
    """
    if len(names) > MAX_COLUMNS:
        message = f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the limit."
        raise Refusal("too_many_columns", message, hint="Keep the columns that the task reads.", status=413)
    longest = max(names, key=len, default="")
    if len(longest) > MAX_COLUMN_CHARS:
        message = (
            f"A column's name has {len(longest):,} characters, '{longest[:40]}…'; {MAX_COLUMN_CHARS} is the limit."
        )
        raise Refusal("column_name_long", message, hint="Is the first row a header? Add one with short names.")


def _counted(rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows, 1):
        if count > MAX_ROWS:
            message = f"The file has more than {MAX_ROWS:,} rows."
            raise Refusal("too_many_rows", message, hint="Split it and import the parts.", status=413)
        yield row


def _csv_rows(table: Table) -> Iterator[Row]:
    width = len(table.columns)
    with table.path.open(encoding=table.encoding, newline="") as file:
        reader = _reader(file, table)
        number = 0
        is_header = True
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _broken_csv(reader, error) from None
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if is_header:
                is_header = False
                continue
            yield _csv_row(table, number, cells, width)


def _csv_row(table: Table, number: int, cells: list[str], width: int) -> Row:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        return Row(number, problem=f"{len(cells)} cells where the header has {width}")
    return Row(number, dict(zip(table.columns, cells, strict=True)))


def _broken_csv(reader: Reader, error: csv.Error) -> Refusal:
    line = reader.line_num
    what = "a quotation mark is opened and never closed" if "end of data" in str(error) else str(error)
    message = f"The CSV breaks at line {line}: {what}."
    return Refusal(
        "csv_broken",
        message,
        hint="Quote cells that hold quotes, and double the quotes inside.",
        errors={f"line {line}": [what]},
    )


def _with_keys(table: Table) -> Table:
    columns: dict[str, None] = {}
    is_empty = True
    for count, row in enumerate(table.rows()):
        is_empty = False
        columns.update(dict.fromkeys(row.values))
        if len(columns) > MAX_COLUMNS or count >= _COLUMNS_FROM_ROWS:
            break
    if is_empty:
        raise Refusal("file_empty", _NO_ROWS, hint="Send at least one object.")
    check_columns(columns)
    return Table(table.path, table.format, table.encoding, tuple(columns))


def _jsonl_rows(table: Table) -> Iterator[Row]:
    # The codec that skips a byte order mark decodes in Python and takes longer than the rows; one line alone can have it.
    encoding = "utf-8" if table.encoding == "utf-8-sig" else table.encoding
    with table.path.open(encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            text = line.lstrip("\ufeff") if number == 1 else line
            if text.strip():
                yield _json_line(number, text)


def _json_line(number: int, line: str) -> Row:
    try:
        value = strict_json.loads(line)
    except strict_json.InvalidJson as error:
        return Row(number, problem=f"not taken: {error}")
    except ValueError as error:
        detail = f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Row(number, problem=f"not JSON: {detail}")
    return _json_row(number, value)


def _json_rows(table: Table) -> Iterator[Row]:
    with table.path.open(encoding=table.encoding) as file:
        try:
            values = strict_json.loads(file.read())
        except strict_json.InvalidJson as error:
            raise Refusal("json_refused", f"The JSON is not taken: {error}.", hint="Send one object a line.") from None
        except ValueError as error:
            where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "the file"
            raise Refusal(
                "json_broken",
                f"The JSON breaks at {where}: {error}.",
                hint="Send a JSON array of objects, or one object a line.",
            ) from None
    for number, value in enumerate(values, 1):
        yield _json_row(number, value)


def _json_row(number: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(number, problem=f"a JSON {_kind(value)}, expected an object")
    return Row(number, value)


def _kind(value: object) -> str:
    return {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}.get(type(value), "null")
