"""A workbook or a columnar file as lines of JSON, in a process of its own: `python convert_worker.py FORM PATH TARGET SHEET`.

The file is a stranger's, and readers in C++ and Rust take what it says of itself at its word: two cells in opposite corners
of a sheet are a table of 17 billion. Here such a file costs this process its memory and nobody else theirs. It knows
neither Django nor the rest of the project and is run by its path, with the one module beside it that reads cells.

TARGET gets one line for each row, so that a line's number is the row's: an object of cells by column, a text that says what is wrong
with it, or nothing for a blank one. The last line of stdout is an object: `columns`, `sheets` and `sheet`, or `code` and `message` of a refusal.
"""

from __future__ import annotations

import importlib
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from review.sources.imports.tables import columnar_cells as cells_of
else:
    # Run by its path, a module has no package, and its folder is not on the path of imports.
    sys.path.append(str(Path(__file__).parent))
    cells_of = importlib.import_module("columnar_cells")

MEMORY_BYTES = 3 * 2**30
# What a file may come to, written out.
OUTPUT_BYTES = 1 * 2**30
CPU_S = 120
MAX_ROWS, MAX_COLUMNS, MAX_ROW_CHARS = 1_000_000, 1000, 4 * 2**20
BATCH_ROWS = 500
DOCTYPE_BYTES = 64 * 1024
_MANY_DIGITS = re.compile(r"-?\d{16,}")
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Refused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """Why the file is not read: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Lines:
    def __init__(self, target: IO[str]) -> None:
        self._target, self._size, self._rows = target, 0, 0

    def write(self, row: object) -> None:
        """Write a row; None leaves its line blank."""
        line = "" if row is None else cells_of.written_out(row)
        self._size += len(line) + 1
        if len(line) > MAX_ROW_CHARS:
            line = json.dumps(f"has {len(line):,} characters; {MAX_ROW_CHARS:,} is the limit of a row")
        self._rows += row is not None
        if self._rows > MAX_ROWS:
            raise Refused("too_many_rows", f"The file has more than {MAX_ROWS:,} rows.")
        if self._size > OUTPUT_BYTES:
            raise Refused("file_too_large", "The file comes to more than 1 GiB when its cells are written out.")
        self._target.write(line + "\n")


def workbook(path: Path, lines: Lines, sheet: str) -> dict[str, Any]:
    """Write the rows of one sheet; a line's number is the row's in the sheet.

    Formulas come as the values that were saved with them.
    """
    from python_calamine import CalamineError, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(path)
        shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
        names = shown or book.sheet_names
        if sheet and sheet not in names:
            raise Refused("sheet_unknown", f"The workbook has no sheet '{sheet[:60]}'; it has {', '.join(names[:30])}.")
        chosen = sheet or next((name for name in names if book.get_sheet_by_name(name).start is not None), names[0])
        read = book.get_sheet_by_name(chosen)
        # Its rows begin with the first of the sheet, its columns with the first that is filled.
        cells, first_column = read.iter_rows(), (read.start or (0, 0))[1]
    except CalamineError as error:
        raise Refused("workbook_broken", f"The workbook cannot be read: {error}.") from None
    unread, exact = _cells_as_written(path, chosen)
    columns: list[str] = []
    for number, row in enumerate(cells, 1):
        if not columns:
            lines.write(None)
            columns = _header(row)
            continue
        lines.write(_sheet_row(number, first_column, columns, row, unread.get(number), exact))
    return {"columns": columns, "sheets": names, "sheet": chosen}


def _is_blank(row: Iterable[Any]) -> bool:
    return all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _header(row: list[Any]) -> list[str]:
    if _is_blank(row):
        return []
    names = [" ".join(str(cells_of.plain(cell)).split()) for cell in row]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise Refused("too_many_columns", f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the limit.")
    return [name or f"column {index}" for index, name in enumerate(names, 1)]


def _sheet_row(
    number: int, first_column: int, columns: list[str], row: list[Any], unread: str | None, exact: dict[str, Decimal]
) -> object:
    if _is_blank(row) and unread is None:
        return None
    beyond = next((at for at, cell in enumerate(row) if at >= len(columns) and cell != ""), None)
    if beyond is not None:
        return f"{_letters(first_column + beyond)}{number} is filled, and no header stands over it"
    if unread is not None:
        return unread
    cells = {}
    for at, (column, cell) in enumerate(zip(columns, row, strict=False)):
        name = f"{_letters(first_column + at)}{number}" if exact else ""
        try:
            cells[column] = cells_of.plain(exact.get(name, cell))
        except ValueError as error:
            return f"{_letters(first_column + at)}{number} ('{column}') {error}"
    return cells


def _letters(index: int) -> str:
    """A column as spreadsheets name it, from 0."""
    name, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cells_as_written(path: Path, sheet: str) -> tuple[dict[int, str], dict[str, Decimal]]:
    """Return what the reader does not give as it stands in the sheet.

    Returns:
        By row, the first cell that it gives as empty and that is not: an error, or a formula that nobody calculated. And by
        name, whole numbers of more digits than a float has.
    """
    missing: dict[int, str] = {}
    exact: dict[str, Decimal] = {}
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part is None:
            return {}, {}
        with archive.open(part) as file:
            _require_no_doctype(file.read(DOCTYPE_BYTES))
        with archive.open(part) as file:
            for _, cell in ElementTree.iterparse(file):  # noqa: S314 (no entities, and memory is bounded)
                tag = cell.tag.rpartition("}")[2]
                if tag == "c":
                    _note_cell(cell, missing, exact)
                if tag in ("c", "row"):
                    cell.clear()
    return missing, exact


def _note_cell(cell: ElementTree.Element, missing: dict[int, str], exact: dict[str, Decimal]) -> None:
    parts = {child.tag.rpartition("}")[2]: child for child in cell}
    value, problem = parts.get("v"), ""
    if cell.get("t") == "e":
        problem = f"holds the error {'' if value is None else (value.text or '')[:20]}"
    # A formula that gives an empty text has a value of no characters.
    elif "f" in parts and "is" not in parts and value is None:
        problem = "holds a formula whose value was not saved; open the file in a spreadsheet program and save it"
    name = cell.get("r", "")
    if value is not None and cell.get("t", "n") == "n" and _MANY_DIGITS.fullmatch(value.text or ""):
        exact[name] = Decimal(value.text or "")
    digits = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if problem and digits.isdigit():
        missing.setdefault(int(digits), f"{name} {problem}")


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    try:
        book = _small_part(archive, "xl/workbook.xml")
        links = _small_part(archive, "xl/_rels/workbook.xml.rels")
    except KeyError:
        return None
    link = next(
        (each.get(_RELATIONS) for each in book.iter() if each.get("name") == sheet and each.get(_RELATIONS)), None
    )
    target = next((each.get("Target", "") for each in links if each.get("Id") == link), "")
    name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return name if name in archive.namelist() else None


def _small_part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    content = archive.read(name)
    _require_no_doctype(content)
    return ElementTree.fromstring(content)  # noqa: S314 (no entities, and memory is bounded)


def _require_no_doctype(content: bytes) -> None:
    """Refuse what no workbook has: entities that grow when they are read."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refused("workbook_unsafe", "The workbook declares entities of its own; it is not opened.")


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
        names, batches = _parquet(path) if form == "parquet" else _arrow(path)
        if len(names) > MAX_COLUMNS:
            raise Refused("too_many_columns", f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the limit.")
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise Refused("header_twice", f"The file names the column '{twice[:60]}' twice.")
        for batch in batches:
            for row in zip(*map(cells_of.column_values, batch.columns), strict=True):
                lines.write(_columnar_row(dict(zip(names, row, strict=True))))
    except pa.ArrowException as error:
        raise Refused("columnar_broken", f"The file cannot be read: {str(error).splitlines()[0][:200]}.") from None
    return {"columns": names}


def _parquet(path: Path) -> tuple[list[str], Iterator[Any]]:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    return file.schema_arrow.names, file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)


def _arrow(path: Path) -> tuple[list[str], Iterator[Any]]:
    import pyarrow as pa

    file = pa.ipc.open_file(str(path))
    pieces = (file.get_batch(at) for at in range(file.num_record_batches))
    cut = (piece.slice(at, BATCH_ROWS) for piece in pieces for at in range(0, piece.num_rows, BATCH_ROWS))
    return file.schema.names, cut


def _columnar_row(row: dict[str, Any]) -> object:
    cells = {}
    for column, value in row.items():
        try:
            cells[column] = cells_of.plain(value)
        except ValueError as error:
            return f"'{column}' {error}"
    return cells


def main(form: str, path: Path, target: Path, sheet: str) -> None:
    """Write the target, and say on stdout what is in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        with target.open("w", encoding="utf-8", errors="surrogatepass") as file:
            lines = Lines(file)
            report = workbook(path, lines, sheet) if form == "xlsx" else columnar(path, lines, form)
    except Refused as refused:
        report = {"code": refused.code, "message": refused.message}
    except (ElementTree.ParseError, zipfile.BadZipFile, OSError, ValueError, OverflowError) as error:
        report = {"code": "file_broken", "message": f"The file cannot be read: {str(error)[:200]}."}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
