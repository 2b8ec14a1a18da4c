"""CSV and its kin: rows of cells under a header, numbered as a spreadsheet does (the header is row 1)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.sources.imports.tables.rows import NO_ROWS, Row, header_names
from web.errors import Refusal

if TYPE_CHECKING:
    from _csv import Reader

csv.field_size_limit(4 * 1024 * 1024)
# What may part cells, by the name a person chooses it by.
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


def look(path: Path, encoding: str, chosen: str = "") -> tuple[tuple[str, ...], str]:
    """Return the columns of a CSV and what parts its cells.

    Args:
        chosen: A name of `DELIMITERS`; where it is none, the sign that stands most often in the first line.

    Raises:
        Refusal: `csv_broken`, `file_empty`, or as `header_names`.
    """
    with path.open(encoding=encoding, newline="") as file:
        first = next(line for line in file if line.strip())
    delimiter = DELIMITERS.get(chosen) or max(DELIMITERS.values(), key=first.count)
    with path.open(encoding=encoding, newline="") as file:
        header = _next_filled(_reader(file, delimiter))
        columns = header_names(header)
        if _next_filled(_reader(file, delimiter), missing_ok=True) is None:
            raise Refusal("file_empty", NO_ROWS, hint="It has a header alone; add at least one row under it.")
    return columns, delimiter


def rows(path: Path, encoding: str, delimiter: str, columns: tuple[str, ...]) -> Iterator[Row]:
    """Every row under the header that is not blank.

    Raises:
        Refusal: `csv_broken`, with the line.
    """
    width = len(columns)
    with path.open(encoding=encoding, newline="") as file:
        reader = _reader(file, delimiter)
        number = 0
        is_header = True
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _broken(reader, error) from None
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if is_header:
                is_header = False
                continue
            yield _row(columns, number, cells, width)


def _row(columns: tuple[str, ...], number: int, cells: list[str], width: int) -> Row:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        return Row(number, problem=f"{len(cells)} cells where the header has {width}")
    return Row(number, dict(zip(columns, cells, strict=True)))


def _reader(file: Iterable[str], delimiter: str) -> Reader:
    return csv.reader(file, delimiter=delimiter, strict=True)


def _next_filled(reader: Reader, *, missing_ok: bool = False) -> Any:
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                return cells
    except csv.Error as error:
        raise _broken(reader, error) from None
    return None if missing_ok else []


def _broken(reader: Reader, error: csv.Error) -> Refusal:
    line = reader.line_num
    what = "a quotation mark is opened and never closed" if "end of data" in str(error) else str(error)
    message = f"The CSV breaks at line {line}: {what}."
    return Refusal(
        "csv_broken",
        message,
        hint="Quote cells that hold quotes, and double the quotes inside.",
        errors={f"line {line}": [what]},
    )
