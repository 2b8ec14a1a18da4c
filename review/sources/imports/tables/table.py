"""A file as a table: which form it has, its columns, and its rows one by one. Knows columns and cells; nothing of tasks.

Rows are numbered as a person finds them again: in CSV as a spreadsheet does (the header is row 1), in JSONL by line, in
a JSON array by element, in a sheet by its row, in an archive by file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from review.sources.imports.tables import archive, delimited, json_rows
from review.sources.imports.tables.converted import ConvertedFile
from review.sources.imports.tables.rows import Row, counted
from review.sources.imports.tables.text_encoding import encoding_of, max_bytes, too_large
from web.errors import Refusal


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
    """

    path: Path
    format: str
    encoding: str
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    is_guess: bool = False
    converted: ConvertedFile | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        return self.converted.sheets if self.converted else ()

    @property
    def sheet(self) -> str:
        return self.converted.sheet if self.converted else ""

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, in order; one row in memory at a time (a JSON array is read whole).

        Raises:
            Refusal: `csv_broken` or `json_broken` where the rest of the file cannot be read, or `too_many_rows` (413).
        """
        return counted(self._rows())

    def _rows(self) -> Iterator[Row]:
        if self.converted is not None:
            return self.converted.rows()
        if self.format == "zip":
            return archive.texts(self.path, self.encoding)
        if self.format == "csv":
            return delimited.rows(self.path, self.encoding, self.delimiter, self.columns)
        read = json_rows.lines if self.format == "jsonl" else json_rows.elements
        return read(self.path, self.encoding)


def open_table(path: Path, *, encoding: str = "", sheet: str = "", delimiter: str = "") -> Table:
    """Look at a file: its format by its first bytes, its encoding, its columns.

    Args:
        encoding: The codec that reads it, where its owner says so; else it is found.
        sheet: The sheet of a workbook; the first with cells when empty.
        delimiter: What parts the cells of a CSV, a name of `delimited.DELIMITERS`; told by its first line when empty.

    Raises:
        Refusal: It is empty or too large (413), of a kind that is not read, mis-encoded, not safe to open, has no rows,
            names a column twice, or has too many of them.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refusal("file_empty", "The file is empty.", hint="Send a file with a header row and at least one row.")
    if size > max_bytes():
        raise too_large()
    form = _binary_form(path)
    if form == "zip":
        archive.require_files(path)
        return Table(path, form, encoding, archive.COLUMNS)
    if form:
        converted = ConvertedFile(path, form, sheet)
        return Table(path, form, "", converted.columns, converted=converted)
    found = encoding_of(path, chosen=encoding)
    first = _first_character(path, found.codec)
    if not first:
        raise Refusal("file_empty", "The file holds nothing but blanks.", hint="Send a file with at least one row.")
    if first in "[{":
        table = Table(path, "json" if first == "[" else "jsonl", found.codec, is_guess=found.is_guess)
        return replace(table, columns=json_rows.keys(table.rows()))
    columns, parted_by = delimited.look(path, found.codec, delimiter)
    return Table(path, "csv", found.codec, columns, parted_by, found.is_guess)


def _binary_form(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return archive.form_of(path)
    return "parquet" if head.startswith(b"PAR1") else "arrow" if head.startswith(b"ARROW1") else ""


def _first_character(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding) as file:
        for line in file:
            if line.strip():
                return line.strip()[0]
    return ""
