"""CSV and its kin: rows of cells under a header, numbered as a spreadsheet does."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import dropwhile, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from review.sources.imports.tables.header_row import (
    LOOK_ROWS,
    NULL,
    are_listed,
    header_at,
    is_headless,
    width,
    with_options,
)
from review.sources.imports.tables.rows import NO_ROWS, Row, header_names, header_unknown, numbered_names
from web.csv import unshielded
from web.errors import Refusal

MAX_CELL_CHARS = 4 * 2**20
csv.field_size_limit(MAX_CELL_CHARS)
# No text holds it: a line is one cell.
_NONE = "\x1f"
# What may part cells, by the name a person chooses it by.
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "none": _NONE}
_HEAD_CHARS = 256 * 1024
# Excel's own first line; it shows no such row, and numbers the next one 1.
_SEP = re.compile(r"\"?sep=(\\t|[^\w\"\r\n])\"?[;,\t|]*\s*", re.IGNORECASE)
# Lines that printed tables are drawn with, as in Markdown: `|---|:--:|`, `-----`, `+----+`.
_DRAWN, _FRAMED = re.compile(r"[-=+:]{3,}"), re.compile(r"[^\S\n]*\|")
# A quoted cell holds anything; one that opens elsewhere is an inch sign.
_QUOTED = re.compile(r"(?<![^,;\t|\r\n])[ ]?\"(?:[^\"]|\"\")*\"")
# One at the head of a cell between tabs that does not close at the cell's end.
_OPEN_QUOTE = re.compile(r'(?<![^\t])"(?!(?:[^"\t]|"")*+"(?![^\t]))')


class CsvForm(NamedTuple):
    """Say how a CSV is read: its columns, what parts its cells, and the row that names the columns; 0 for none."""

    columns: tuple[str, ...]
    delimiter: str
    header: int


def look(path: Path, encoding: str, chosen: str = "", header: int | None = None) -> CsvForm:
    """Tell how a CSV is read.

    Args:
        chosen: A name of `DELIMITERS`; where it is none, what Excel's `sep=` line or the first rows show.
        header: The number of the row that names the columns, 0 where none does; guessed when None.

    Raises:
        Refusal: `csv_broken`, `file_empty`, `header_unknown`, or as `header_names`.
    """
    with path.open(encoding=encoding, newline="") as file:
        declared = _skip_sep(file)
        head = file.read(_HEAD_CHARS)
        given = DELIMITERS.get(chosen) or declared
        delimiter = given or _delimiter(head)
    filled = dropwhile(lambda record: not _is_filled(record[2]), _records(path, encoding, delimiter))
    first = [record for record in islice(filled, LOOK_ROWS) if not _is_drawn(record[2])]
    cells_of_first = [cells for _, _, cells in first]
    if first and (header == 0 or (header is None and is_headless(cells_of_first))):
        return CsvForm(numbered_names(width(cells_of_first)), delimiter, 0)
    if header is None:
        header = first[header_at(cells_of_first)][0] if first else 1
    columns: tuple[str, ...] = ()
    for number, _, cells in _records(path, encoding, delimiter):
        if number == header:
            columns = header_names(with_options(cells, [row for at, _, row in first if at > header]))
        elif number > header and _is_filled(cells):
            break
    else:
        if columns:
            raise Refusal("file_empty", NO_ROWS, hint="It has a header alone; add at least one row under it.")
    if not columns:
        raise header_unknown(header)
    if len(columns) == 1 and not given and delimiter in head:
        # Under one name stand texts that hold the sign: `Acme, Inc.`
        delimiter = _NONE
    return CsvForm(columns, delimiter, header)


def rows(path: Path, encoding: str, form: CsvForm) -> Iterator[Row]:
    """Every row under the header that is not blank.

    Raises:
        Refusal: `csv_broken`, with the line.
    """
    width = len(form.columns)
    for number, line, cells in _records(path, encoding, form.delimiter):
        if number > form.header and _is_filled(cells):
            # The mark of a file that was laid behind another.
            cells[0] = cells[0].removeprefix("\ufeff")
            yield _row(form.columns, number, line, cells, width)


def _row(columns: tuple[str, ...], number: int, line: int, cells: list[str], width: int) -> Row:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        return Row(number, problem=f"{len(cells)} cells where the header has {width}", line=line)
    # Most cells hold neither sign; a call for each costs more than parting them.
    texts = [unshielded(cell) if "'" in cell or cell[:1] == "=" else "" if cell == NULL else cell for cell in cells]
    return Row(number, dict(zip(columns, texts, strict=True)), line=line)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each record with its number and the line it begins at; blank ones too."""
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(_HEAD_CHARS)
        is_spaced, is_bare = _is_spaced(head, delimiter), _is_bare(head, delimiter)
        # Before a bar at the head of every line stands no cell.
        is_framed = delimiter == "|" and all(map(_FRAMED.match, re.findall(r".*\|.*", head)))
        file.seek(0)
        skipped = 1 if _skip_sep(file) else 0
        reader = csv.reader(
            file,
            delimiter=delimiter,
            strict=True,
            skipinitialspace=is_spaced,
            quoting=csv.QUOTE_NONE if is_bare else csv.QUOTE_MINIMAL,
        )
        number = 0
        while True:
            number, line = number + 1, skipped + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _broken(line, skipped + reader.line_num, error) from None
            # Cells between drawn lines are as wide as their column.
            yield number, line, [cell.strip() for cell in cells[1:]] if is_framed and len(cells) > 1 else cells


def _skip_sep(file: TextIO) -> str:
    """Return what Excel's `sep=` line declares and go on behind it; without one, go back to the start."""
    match = _SEP.fullmatch(file.readline(20))
    if match is None:
        file.seek(0)
        return ""
    return "\t" if match[1] == "\\t" else match[1]


def _delimiter(head: str) -> str:
    """Tell what parts cells: the sign that stands equally often in most rows, outside quotes."""
    is_cut = len(head) == _HEAD_CHARS
    lines = [line for line in re.split(r"[\r\n]+", _QUOTED.sub("", head)) if line.strip()]
    lines = lines[: max(1, min(LOOK_ROWS, len(lines) - is_cut))]
    if are_listed(lines):
        return _NONE
    return max(DELIMITERS.values(), key=lambda sign: _regularity([line.count(sign) for line in lines]))


def _regularity(counts: Iterable[int]) -> tuple[int, int]:
    """Return how many rows have the usual count of a sign, and that count."""
    usual = Counter(count for count in counts if count)
    return max(((rows, count) for count, rows in usual.items()), default=(0, 0))


def _is_spaced(head: str, delimiter: str) -> bool:
    """Tell whether cells in quotes stand behind a blank (`"Acme", "Kiel"`), and no text goes on behind one."""
    ends = set(re.findall(rf'{re.escape(delimiter)} "(?:[^"]++|"")*+"(.?)', head, re.DOTALL))
    return bool(ends) and ends <= {delimiter, "\r", "\n", ""}


def _is_bare(head: str, delimiter: str) -> bool:
    """Tell whether quotation marks are letters, as in tab-separated files of Google Sheets and of corpora.

    Some do not close before the end of their cell, and the lines have equally many cells all the same.
    """
    if delimiter != "\t" or '"' not in head:
        return False
    lines = [line for line in re.split(r"[\r\n]+", head) if line.strip()]
    lines = lines[: len(lines) - (len(head) == _HEAD_CHARS)] or lines
    counts = {line.count(delimiter) for line in lines}
    return len(counts) == 1 and any(_OPEN_QUOTE.search(line) for line in lines)


def _is_filled(cells: list[str]) -> bool:
    return any(text[0] not in "-=+:" or not _DRAWN.fullmatch(text) for cell in cells if (text := cell.strip()))


def _is_drawn(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells) and not _is_filled(cells)


def _broken(start: int, end: int, error: csv.Error) -> Refusal:
    what = str(error)
    if "end of data" in what:
        what = "a quotation mark is opened and never closed"
    elif "field limit" in what:
        what = f"a cell has more than {MAX_CELL_CHARS:,} characters, as behind a quotation mark that is never closed"
    where = f"in the row that begins at line {start}" if end > start else f"at line {start}"
    return Refusal(
        "csv_broken",
        f"The CSV breaks {where}: {what}.",
        hint="Quote cells that hold quotes, and double the quotes inside.",
        errors={f"line {start}": [what]},
    )
