"""A workbook or a columnar file as lines of JSON, in a process of its own.

`python convert_worker.py FORM PATH TARGET SHEET HEADER`.

The file is a stranger's, and readers in C++ and Rust take what it says of itself at its word: two cells in opposite
corners of a sheet are a table of 17 billion. Here such a file costs this process its memory and nobody else theirs. It
knows neither Django nor the rest of the project and is run by its path, with the modules beside it that read cells and
headers.

TARGET gets one line for each row, so that a line's number is the row's: an object of cells by column, that object in a
list with what is wrong with other cells, a text that says what is wrong with the row, or nothing for a blank one. A
number whose cell shows another text is an object of that text and the number. The last line of stdout is an object:
`columns`, and of a workbook `sheets`, `sheet`, `header` and `notes`; or `code` and `message` of a refusal.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import zipfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from review.sources.imports.tables import columnar_cells as cells_of
    from review.sources.imports.tables import header_row, number_formats, sheet_xml
    from review.sources.imports.tables.sheet_xml import Refused
else:
    # Run by its path, a module has no package, and its folder is not on the path of imports.
    sys.path.append(str(Path(__file__).parent))
    cells_of, header_row, number_formats, sheet_xml = map(
        importlib.import_module, ("columnar_cells", "header_row", "number_formats", "sheet_xml")
    )
    Refused = sheet_xml.Refused

MEMORY_BYTES = 3 * 2**30
# What a file may come to, written out.
OUTPUT_BYTES = 1 * 2**30
CPU_S = 120
MAX_ROWS, MAX_COLUMNS, MAX_ROW_CHARS = 1_000_000, 1000, 4 * 2**20
# Of each kind of what is told.
SHOWN_NOTES = 10


class Lines:
    def __init__(self, target: IO[str]) -> None:
        self._target, self._size, self._rows = target, 0, 0
        self.count = 0

    def write(self, row: object) -> None:
        """Write a row; None leaves its line blank."""
        line = "" if row is None else cells_of.written_out(row)
        self._size += len(line) + 1
        self.count += 1
        if len(line) > MAX_ROW_CHARS:
            line = json.dumps(f"has {len(line):,} characters; {MAX_ROW_CHARS:,} is the limit of a row")
        self._rows += row is not None
        if self._rows > MAX_ROWS:
            raise Refused("too_many_rows", f"The file has more than {MAX_ROWS:,} rows.")
        if self._size > OUTPUT_BYTES:
            raise Refused("file_too_large", "The file comes to more than 1 GiB when its cells are written out.")
        self._target.write(line + "\n")


def workbook(path: Path, lines: Lines, sheet: str, header: int) -> dict[str, Any]:
    """Write the rows of one sheet; a line's number is the row's in the sheet.

    Formulas come as the values that were saved with them.

    Args:
        header: Number of the row that names the columns, 0 where none does; guessed where it is negative.
    """
    from python_calamine import CalamineError, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(path)
        shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        names = shown or book.sheet_names
        if sheet and sheet not in names:
            raise Refused("sheet_unknown", f"The workbook has no sheet '{sheet[:60]}'; it has {', '.join(names[:30])}.")
        chosen = sheet or _likeliest(book, names)
        read = book.get_sheet_by_name(chosen)
        # Its rows begin with the first of the sheet, its columns with the first that is filled.
        rows, first_column = read.iter_rows(), (read.start or (0, 0))[1]
    except CalamineError as error:
        raise Refused("workbook_broken", f"The workbook cannot be read: {error}.") from None
    first: list[list[Any]] = []
    while len(first) < header_row.LOOK_ROWS and (row := next(rows, None)) is not None:
        if first or not _is_blank(row):
            first.append(row)
        else:
            lines.write(None)
    above, table = lines.count, _Sheet(sheet_xml.read(path, chosen), first_column)
    is_headless = header == 0 or (header < 0 and header_row.is_headless(first))
    guess = header if header > 0 else table.last_row(above + header_row.header_at(first) + 1)
    named = 0 if is_headless else guess
    if is_headless:
        table.columns = _header(
            [f"column {index}" for index in range(1, max(map(header_row.span, first), default=0) + 1)]
        )
    for number, row in enumerate(chain(first, rows), above + 1):
        if number <= named:
            table.fill(number, row)
            table.columns = _header(row, first[number - above :]) if number == named else []
        lines.write(table.row(number, row) if number > named else None)
    if header > 0 and not table.columns:
        raise Refused("header_unknown", f"Row {header} names no columns.")
    return {"columns": table.columns, "sheets": names, "sheet": chosen, "header": named, "notes": table.notes(named)}


def _likeliest(book: Any, names: list[str]) -> str:
    """Return the first sheet of several rows, as a cover may hold a title; else the first with cells.

    One that is wider and ten times as long goes before a sheet that tells its columns; five times, before one column.
    """
    sizes = {name: (sheet.height, sheet.width) for name in names if (sheet := book.get_sheet_by_name(name))}
    filled = next((fit for least in (2, 1) if (fit := [each for each in names if sizes[each][0] >= least])), names)
    height, width = sizes[filled[0]]
    least = (5 if width == 1 else 10) * height
    return next((name for name in filled if sizes[name][0] >= least > 0 and sizes[name][1] > width), filled[0])


def _is_blank(row: Iterable[Any]) -> bool:
    return all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _header(row: list[Any], below: list[list[Any]] | None = None) -> list[str]:
    names = [" ".join(str(cells_of.plain(cell)).split()) for cell in row]
    names = header_row.with_options(names, below or [])
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise Refused("too_many_columns", f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the limit.")
    return header_row.distinct([name or f"column {index}" for index, name in enumerate(names, 1)])


class _Sheet:
    """The rows under a sheet's header, and what is told of how they came."""

    def __init__(self, written: sheet_xml.Written, first_column: int) -> None:
        self.columns: list[str] = []
        self._written, self._first = written, first_column
        # Column to the last row of a merged cell, and its value.
        self._merged: dict[int, tuple[int, Any]] = {}
        self._filled, self._hidden = list[str](), list[str]()
        self._formats: dict[str, str] = {}

    def last_row(self, number: int) -> int:
        """Return the last of the rows over which cells of one are merged, or its own number."""
        return max([number, *(last for _, last, _ in self._written.merged.get(number, ()))])

    def row(self, number: int, row: list[Any]) -> object:
        """Return the cells of a row by column, what is wrong with it, or None for a blank one."""
        missing = self._written.missing.get(number, {})
        if _is_blank(row) and not missing:
            return None
        self.fill(number, row)
        if number in self._written.hidden:
            self._hidden.append(str(number))
        width = len(self.columns)
        beyond = next((at for at, cell in enumerate(row) if at >= width and not _is_blank([cell])), None)
        if beyond is not None:
            return f"{self._place(beyond, number)} has a value, but its column has no header"
        cells, unread = dict[str, Any](), dict[str, str]()
        for at, (column, cell) in enumerate(zip(self.columns, row, strict=False)):
            try:
                cells[column] = self._value(number, at, column, cell)
            except ValueError as error:
                unread[column] = f"{self._place(at, number)} ('{column}') {error}"
        for letters, problem in missing.items():
            at = sheet_xml.index(letters) - self._first
            if not 0 <= at < width:
                return problem
            unread[self.columns[at]] = problem
        return [cells, unread] if unread else cells

    def fill(self, number: int, row: list[Any]) -> None:
        """Give each row of a merged cell its value; it is told of rows under the header."""
        for at, (last, value) in list(self._merged.items()):
            if number > last:
                del self._merged[at]
            elif at < len(row) and row[at] == "":
                row[at] = value
        for column, last, name in self._written.merged.get(number, ()):
            at = column - self._first
            if 0 <= at < len(row) and row[at] != "":
                self._merged[at] = (last, self._written.exact.get(self._place(at, number), row[at]))
                self._filled += [name] if self.columns else []

    def _value(self, number: int, at: int, column: str, cell: Any) -> Any:
        exact = self._written.exact
        value = cells_of.plain(exact.get(self._place(at, number), cell) if exact else cell)
        code = self._written.format_of(_letters(self._first + at), number) if self._written.formats else ""
        if not code:
            return value
        place = self._place(at, number)
        if number_formats.is_date(code):
            if not code.lower().startswith("yyyy-mm-dd"):
                note = f"Dates of '{column}' come as {value}, not as the sheet shows {place}."
                self._formats.setdefault(column, note)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            text = number_formats.shown(value, code)
            if text is None:
                note = f"'{column}' is shown as '{code[:40]}', such as {place}; it came as the value {value}."
                self._formats.setdefault(column, note)
            elif text != str(value):
                note = f"{place} came as '{text}' into texts, as {value} into numbers."
                self._formats.setdefault(column, f"'{column}' is shown with a number format: {note}")
                return {text: value}
        return value

    def notes(self, header: int) -> list[str]:
        """Return what a reader of the sheet sees otherwise than it came; above the header nothing came."""
        across = [name for name, row in self._written.across.items() if row >= header]
        told = {
            "Cells merged over rows came in each of their rows": self._filled,
            "Cells merged over columns came in the first of them": across,
            "Rows that the sheet hides came in too": self._hidden,
        }
        notes = list(self._formats.values())[:SHOWN_NOTES]
        return notes + [f"{what}: {_some(names)}." for what, names in told.items() if names]

    def _place(self, at: int, number: int) -> str:
        return f"{_letters(self._first + at)}{number}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_NOTES:,} more" if len(names) > SHOWN_NOTES else ""
    return ", ".join(names[:SHOWN_NOTES]) + more


def _letters(index: int) -> str:
    """A column as spreadsheets name it, from 0."""
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def columnar(path: Path, lines: Lines, form: str) -> dict[str, Any]:
    """Write the rows of a Parquet or an Arrow (Feather) file, numbered from 1."""
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise Refused(
            "no_parquet", "Parquet and Arrow files cannot be read on this host: the library is not installed."
        ) from None

    pa.set_cpu_count(1)
    try:
        names, batches = cells_of.parquet_batches(path) if form == "parquet" else cells_of.arrow_batches(path)
        if len(names) > MAX_COLUMNS:
            raise Refused("too_many_columns", f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the limit.")
        names = header_row.distinct(names)
        for batch in batches:
            for row in zip(*map(cells_of.column_values, batch.columns), strict=True):
                lines.write(_columnar_row(dict(zip(names, row, strict=True))))
    except pa.ArrowException as error:
        raise Refused("columnar_broken", f"The file cannot be read: {str(error).splitlines()[0][:200]}.") from None
    return {"columns": names}


def _columnar_row(row: dict[str, Any]) -> object:
    cells, unread = dict[str, Any](), dict[str, str]()
    for column, value in row.items():
        try:
            cells[column] = cells_of.plain(value)
        except ValueError as error:
            unread[column] = f"'{column}' {error}"
    return [cells, unread] if unread else cells


def main(form: str, path: Path, target: Path, sheet: str, header: int) -> None:
    """Write the target, and say on stdout what is in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        with target.open("w", encoding="utf-8", errors="surrogatepass") as file:
            lines = Lines(file)
            report = workbook(path, lines, sheet, header) if form == "xlsx" else columnar(path, lines, form)
    except Refused as refused:
        report = {"code": refused.code, "message": refused.message}
    except (ElementTree.ParseError, zipfile.BadZipFile, OSError, ValueError, ArithmeticError) as error:
        report = {"code": "file_broken", "message": f"The file cannot be read: {str(error)[:200]}."}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
