"""Workbooks, Parquet and Arrow files as tables: written out once as lines of JSON, by a process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore
from typing import Any, Final

from review.sources.imports.tables.rows import NO_ROWS, Row, ShownNumber, check_columns, header_names
from web import strict_json
from web.errors import Refusal

READ_S: Final = 150.0
# Each may take as much memory as any file may (`convert_worker.MEMORY_BYTES`); others wait for as long as one may take.
AT_ONCE: Final = 2
_TURNS = BoundedSemaphore(AT_ONCE)
_WORKER = Path(__file__).with_name("convert_worker.py")
_HINTS = {
    "sheet_unknown": "Choose one of them.",
    "header_unknown": "Choose the row that names them.",
    "too_many_rows": "Split it and import the parts.",
    "too_many_columns": "Keep the columns that the task reads.",
    "file_too_large": "Split it and import the parts.",
    "no_parquet": (
        "Save it as CSV or JSONL and import that, or install it on this host: pip install 'miniatures[parquet]'."
    ),
}
_TOO_LARGE = frozenset({"too_many_rows", "too_many_columns", "file_too_large"})


class ConvertedFile:
    """The rows of a file that is no text, on disk for as long as this object is held.

    Args:
        form: `xlsx`, `parquet` or `arrow`.
        sheet: Which sheet of a workbook; the first one with cells when empty.
        header: Number of the row that names a sheet's columns, 0 where none does; guessed when None.

    Attributes:
        sheets: Sheets of a workbook that are shown.
        sheet: The one that was read.
        header: The row that names its columns; 0 where no row does.
        notes: What a reader of the sheet sees otherwise than it came.

    Raises:
        Refusal: The file cannot be read, is empty or too large, or what reading it takes is more than a file may take.
    """

    def __init__(self, path: Path, form: str, sheet: str = "", header: int | None = None) -> None:
        with NamedTemporaryFile(prefix="rows-", suffix=".jsonl", delete=False) as file:
            self._rows = Path(file.name)
        weakref.finalize(self, self._rows.unlink, missing_ok=True)
        result = _convert(path, form, self._rows, sheet, -1 if header is None else header)
        columns = [str(name) for name in result["columns"]]
        self.columns: tuple[str, ...] = header_names(columns) if form == "xlsx" else tuple(columns)
        check_columns(self.columns)
        self.sheets: tuple[str, ...] = tuple(result.get("sheets", ()))
        self.sheet: str = result.get("sheet", "")
        self.header: int = result.get("header", 0)
        self.notes: tuple[str, ...] = tuple(result.get("notes", ()))
        if next(self.rows(), None) is None:
            hint = "Choose another sheet, or add a row." if self.sheets else "Send a file with at least one row."
            raise Refusal("file_empty", NO_ROWS, hint=hint)

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, numbered as in the sheet, or from 1."""
        with self._rows.open(encoding="utf-8", errors="surrogatepass") as file:
            for number, line in enumerate(file, 1):
                if line != "\n":
                    yield _row(number, line, is_sheet=bool(self.sheets))


def _row(number: int, line: str, *, is_sheet: bool) -> Row:
    try:
        value = strict_json.loads(line, number=strict_json.WrittenFloat)
    except ValueError as error:
        return Row(number, problem=f"not taken: {error}")
    if isinstance(value, str):
        return Row(number, problem=value)
    cells, unread = value if isinstance(value, list) else (value, None)
    return Row(number, {column: _cell(cell) for column, cell in cells.items()} if is_sheet else cells, unread=unread)


def _cell(cell: Any) -> Any:
    """A cell of a sheet; one whose number is shown otherwise came as an object of the text and the number."""
    if not isinstance(cell, dict):
        return cell
    ((text, number),) = cell.items()
    return ShownNumber(number, text)


def _convert(path: Path, form: str, target: Path, sheet: str, header: int) -> dict[str, Any]:
    # None of the secrets of this process are the business of the other.
    env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG") if name in os.environ}
    env |= {"OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    command = [sys.executable, "-P", str(_WORKER), form, str(path), str(target), sheet, str(header)]
    if not _TURNS.acquire(timeout=READ_S):
        message = f"{AT_ONCE} files are being read, which is the limit, and they take their time."
        raise Refusal("files_being_read", message, hint="Try again in a minute.", status=409)
    try:
        done = subprocess.run(command, env=env, capture_output=True, timeout=READ_S, check=False)
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        message = "Reading this file takes more memory or time than any file may take."
        hint = "Are there cells far beyond the table? Save the table alone, or as CSV, and import that."
        raise Refusal("file_unreadable", message, hint=hint) from None
    finally:
        _TURNS.release()
    if "code" in report:
        status = 413 if report["code"] in _TOO_LARGE else 422
        hint = _HINTS.get(report["code"], "Save it again, or as CSV, and import that.")
        raise Refusal(report["code"], report["message"], hint=hint, status=status)
    return report
