"""JSON as rows: one object a line, numbered by line, or one array of objects, numbered by element."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from review.sources.imports.tables import rows as limits
from review.sources.imports.tables.rows import NO_ROWS, Row, check_columns
from web import strict_json
from web.errors import Refusal

_COLUMNS_FROM_ROWS = 2000
# Lists and objects of one file: the smallest takes three characters, and seventy bytes of memory.
MAX_CONTAINERS = 8_000_000


def keys(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the keys of the first 2,000 rows, in order of appearance.

    Raises:
        Refusal: `file_empty`, or as `check_columns`.
    """
    columns: dict[str, None] = {}
    is_empty = True
    for count, row in enumerate(rows):
        is_empty = False
        columns.update(dict.fromkeys(row.values))
        if len(columns) > limits.MAX_COLUMNS or count >= _COLUMNS_FROM_ROWS:
            break
    if is_empty:
        raise Refusal("file_empty", NO_ROWS, hint="Send at least one object.")
    check_columns(columns)
    return tuple(columns)


def lines(path: Path, encoding: str) -> Iterator[Row]:
    """One row a line."""
    # The codec that skips a byte order mark decodes in Python and takes longer than the rows; one line alone can have it.
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            text = line.lstrip("\ufeff") if number == 1 else line
            if text.strip():
                yield _line(number, text)


def elements(path: Path, encoding: str) -> Iterator[Row]:
    """One row an element; the array is read whole.

    Raises:
        Refusal: `json_broken`, `json_refused` or `json_large` (413).
    """
    with path.open(encoding=encoding) as file:
        text = file.read()
        if (count := text.count("[") + text.count("{")) > MAX_CONTAINERS:
            message = f"The JSON holds {count:,} lists and objects; {MAX_CONTAINERS:,} is the limit."
            raise Refusal("json_large", message, hint="Split it and import the parts.", status=413)
        try:
            values = strict_json.loads(text, number=strict_json.written)
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
        yield _row(number, value)


def _line(number: int, line: str) -> Row:
    if len(line) > limits.MAX_ROW_CHARS:
        return Row(number, problem=f"has {len(line):,} characters; {limits.MAX_ROW_CHARS:,} is the limit of a row")
    try:
        value = strict_json.loads(line, number=strict_json.written)
    except strict_json.InvalidJson as error:
        return Row(number, problem=f"not taken: {error}")
    except ValueError as error:
        detail = f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Row(number, problem=f"not JSON: {detail}")
    return _row(number, value)


def _row(number: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(number, problem=f"a JSON {_kind(value)}, expected an object")
    return Row(number, value)


def _kind(value: object) -> str:
    return {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}.get(type(value), "null")
