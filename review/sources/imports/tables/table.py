"""A file as a table: which form it has, its columns, and its rows one by one.

Knows columns and cells; nothing of tasks.

Rows are numbered as a person finds them again: in CSV as a spreadsheet does (the header is row 1), in JSONL by line, in
JSON of another shape by element, in a sheet by its row, in an archive by file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from review.sources.imports.tables import archive, delimited, json_rows, nested
from review.sources.imports.tables.converted import ConvertedFile
from review.sources.imports.tables.rows import Row, counted, without_descriptions, without_notes
from review.sources.imports.tables.text_encoding import encoding_of, max_bytes, require_table, too_large
from web.errors import Refusal

# Formats whose cells hold no objects.
_FLAT = frozenset({"csv", "xlsx", "zip"})


@dataclass(frozen=True)
class Table:
    """A file that can be read as often as wanted.

    Attributes:
        format: `csv`, `jsonl`, `json`, `xlsx`, `parquet`, `arrow`, or `zip` for a folder of texts.
        encoding: The codec that reads it; empty where that is no question.
        columns: Column names; of JSON the keys of its first 2,000 rows, in order of appearance.
        delimiter: What parts the cells of a CSV.
        is_guess: Whether the encoding was told by the letters alone.
        converted: The rows of a file that is no text.
        header: Number of the row that names the columns; 0 where none does.
        sheets: What the file holds more than one of: sheets of a workbook, paths in JSON under which rows stand, or CSV
            files of an archive.
        sheet: The one that is read.
        nest: Columns whose objects are opened; None before that is asked for.
        answers: Columns that an annotation tool filled.
        cells: Columns of a CSV as its header names them, where `reader` yields others.
        reader: Reads the rows that a record of such a tool holds.
        tool: The tool's name.
        relations: Relations between marked places, which the tool's export holds and no row has.
        unpacked: The file at `path`, where it came in an archive.
        parsed: Rows of a JSON value, which is read whole, and once.
    """

    path: Path
    format: str
    encoding: str
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    is_guess: bool = False
    converted: ConvertedFile | None = None
    header: int = 0
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    nest: nested.Nest | None = None
    answers: frozenset[str] = frozenset()
    cells: tuple[str, ...] = ()
    reader: Callable[[dict[str, Any]], Iterator[dict[str, Any]]] | None = None
    tool: str = ""
    relations: int = 0
    unpacked: archive.UnpackedFile | None = None
    parsed: tuple[Row, ...] = field(default=(), repr=False, compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell what a reader of the file sees otherwise than it came."""
        notes = (self.converted.notes if self.converted else ()) + (self.nest.notes if self.nest else ())
        left_out = (f"Relations between marked places are left out: {self.relations:,}.",) if self.relations else ()
        return notes + left_out

    def opened(self) -> Table:
        """Return the table with columns for the keys of its objects: `address.city` behind `address`.

        Raises:
            Refusal: As `rows`.
        """
        if self.format in _FLAT:
            return self
        nest = nested.nest_of(self.columns, self.rows())
        return replace(self, columns=nest.columns, nest=nest)

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, in order; one row in memory at a time (a JSON array is read whole).

        Raises:
            Refusal: `csv_broken` or `json_broken` where the rest of the file cannot be read, or `too_many_rows` (413).
        """
        rows = counted(without_descriptions(self._rows()))
        if self.format in ("csv", "xlsx"):
            rows = without_notes(rows, self.cells or self.columns)
        if self.reader:
            rows = self._read(rows)
        return (nested.opened(row, self.nest.opened) for row in rows) if self.nest and self.nest.opened else rows

    def _read(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            problem = next(iter((row.unread or {}).values()), row.problem)
            try:
                read = self.reader(row.values) if self.reader and not problem else ()
                yield from (replace(row, values=values) for values in read)
            except ValueError as error:
                problem = str(error)
            if problem:
                yield Row(row.number, problem=problem, line=row.line)

    def _rows(self) -> Iterator[Row]:
        if self.converted is not None:
            return self.converted.rows()
        if self.format == "zip":
            return archive.texts(self.path, self.encoding)
        if self.format == "csv":
            form = delimited.CsvForm(self.cells or self.columns, self.delimiter, self.header)
            return delimited.rows(self.path, self.encoding, form)
        if self.format == json_rows.LINES:
            return json_rows.lines(self.path, self.encoding)
        return iter(self.parsed)


def open_table(
    path: Path, *, encoding: str = "", sheet: str = "", delimiter: str = "", header: int | None = None
) -> Table:
    """Look at a file: its format by its first bytes, its encoding, its columns.

    Args:
        encoding: The codec that reads it, where its owner says so; else it is found.
        sheet: One of what its table calls `sheets`; the likeliest when empty.
        delimiter: What parts the cells of a CSV, a name of `delimited.DELIMITERS`; told by its first rows when empty.
        header: Number of the row that names the columns of a CSV or a sheet, 0 where none does; guessed when None.

    Raises:
        Refusal: It is empty or too large (413), of a kind that is not read, mis-encoded, not safe to open, has no rows,
            or has too many columns.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refusal("file_empty", "The file is empty.", hint="Send a file with a header row and at least one row.")
    if size > max_bytes():
        raise too_large()
    form = _binary_form(path)
    if form == "zip":
        if tables := archive.tables_of(path):
            return _zipped(path, tables, encoding=encoding, sheet=sheet, delimiter=delimiter, header=header)
        archive.require_files(path)
        return Table(path, form, encoding, archive.columns_of(path))
    if form:
        converted = ConvertedFile(path, form, sheet, header)
        return Table(
            path,
            form,
            "",
            converted.columns,
            converted=converted,
            header=converted.header,
            sheets=converted.sheets,
            sheet=converted.sheet,
        )
    require_table(path)
    text_encoding = encoding_of(path, chosen=encoding)
    first = _first_character(path, text_encoding.codec)
    if not first:
        raise Refusal("file_empty", "The file holds nothing but blanks.", hint="Send a file with at least one row.")
    if first in "[{":
        json = json_rows.look(path, text_encoding.codec, sheet)
        return Table(
            path,
            json.format,
            text_encoding.codec,
            json.columns,
            is_guess=text_encoding.is_guess,
            sheets=json.places,
            sheet=json.place,
            parsed=json.rows,
        )
    csv = delimited.look(path, text_encoding.codec, delimiter, header)
    return Table(
        path, "csv", text_encoding.codec, csv.columns, csv.delimiter, text_encoding.is_guess, header=csv.header
    )


def _zipped(
    path: Path, tables: tuple[str, ...], *, encoding: str, sheet: str, delimiter: str, header: int | None
) -> Table:
    """Open a table of an archive; of several, `sheet` is the name of one."""
    name = sheet if sheet and len(tables) > 1 else tables[0]
    if name not in tables:
        message = f"The archive has no file '{name[:60]}'; it has {', '.join(tables[:30])}."
        raise Refusal("sheet_unknown", message, hint="Choose one of them.", errors={"sheet": [message]})
    unpacked = archive.UnpackedFile(path, name)
    inner = "" if len(tables) > 1 else sheet
    table = open_table(unpacked.path, encoding=encoding, sheet=inner, delimiter=delimiter, header=header)
    if table.format == "csv" and len(tables) > 1:
        table = replace(table, sheets=tables, sheet=name)
    return replace(table, unpacked=unpacked)


def _binary_form(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return archive.form_of(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    return "arrow" if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")) else ""


def _first_character(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding) as file:
        for line in file:
            if line.strip():
                return line.strip()[0]
    return ""
