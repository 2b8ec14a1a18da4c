"""One row of a file, whatever the file is, and how many rows and columns a file may have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, Protocol, Self

from review.sources.imports.tables.header_row import distinct
from web.errors import Refusal

# No export has so many; each costs a line of the page that matches them, and a look at every row.
MAX_COLUMNS = 1000
MAX_COLUMN_CHARS = 200
MAX_ROWS = 1_000_000
# A row is read whole, and what is read takes many times its text in memory.
MAX_ROW_CHARS = 4 * 2**20
_LEAST_RESPELT = 2
_LOOK_ROWS, _LEAST_ROWS, _SENTENCE = 12, 4, 4
# Of a row of sums: its first cell, and its others.
_SUMS = frozenset(
    {
        "total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "total général", "total general",
        "somme", "suma", "totale", "totaal", "razem", "celkem", "toplam", "итого", "всего", "合计", "总计",
        "合計", "합계",
        "*", "**", "***",  # As SAP marks them.
    }
)  # fmt: skip
_SUM = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d.,'\s]*\)?\s?(?:%|[^\w\s]|[A-Z]{3})?")
_UNDER = "a sum or a note under the table, not a row"
# Words of SurveyMonkey for a question without options, in the row below the questions.
_OPEN = frozenset(
    {
        "response", "open-ended response", "antwort", "offene antwort", "réponse", "réponse ouverte", "respuesta",
        "respuesta abierta", "risposta", "resposta",
    }
)  # fmt: skip
_CODE = re.compile(r"[A-Za-z]{1,3}[_ ]?\d\w*")
NO_ROWS = "The file has no rows."


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its values by column, or what is wrong with it.

    Attributes:
        line: Line of a text file at which it begins; 0 where rows have no lines.
        unread: By column, what is wrong with cells that cannot be read; of no matter where nothing is filled from them.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    line: int = 0
    unread: dict[str, str] | None = None

    def located(self, reason: str) -> str:
        """Return what is wrong with the row, with its line where rows and lines are numbered apart."""
        return f"{reason} (line {self.line} of the file)" if self.line and self.line != self.number else reason


class ShownNumber(float):
    """A number of a workbook with the text that its cell shows, such as `01234` or `12.5%`."""

    __slots__ = ("shown",)
    shown: str

    def __new__(cls, value: float, shown: str) -> Self:
        number = super().__new__(cls, value)
        number.shown = shown
        return number


class RowSource(Protocol):
    """A file as rows under named columns, that can be read as often as wanted."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def rows(self) -> Iterator[Row]: ...


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


def header_names(header: list[str]) -> tuple[str, ...]:
    """Return the column names of a header row: a cell without one becomes `column 3`, a second `city` is `city 2`.

    Raises:
        Refusal: As `check_columns`.
    """
    names = [" ".join(cell.split()) for cell in header]
    while names and not names[-1]:
        names.pop()
    names = [name or f"column {index}" for index, name in enumerate(names, 1)]
    check_columns(names)
    return tuple(distinct(names))


def numbered_names(count: int) -> tuple[str, ...]:
    """Return names of columns that no row names.

    Raises:
        Refusal: As `check_columns`.
    """
    names = tuple(f"column {number}" for number in range(1, count + 1))
    check_columns(names)
    return names


def header_unknown(row: int) -> Refusal:
    """Return the refusal of a header's row that is blank or is not there."""
    message = f"Row {row} names no columns."
    return Refusal("header_unknown", message, hint="Choose the row that names them.", errors={"header": [message]})


def without_descriptions(rows: Iterator[Row]) -> Iterator[Row]:
    """Pass rows on; leave out the two in which Qualtrics describes the columns: their questions and its own ids.

    Without ids the first row is known by names in other spelling (`Start Date` under `StartDate`), by options that are
    in the names, or by questions below codes.
    """
    first = list(islice(rows, _LOOK_ROWS))
    ids = [value for value in first[:2][-1].values.values() if value] if first else []
    has_ids = ids and all(str(value).startswith('{"ImportId":') for value in ids)
    told = [{name: text for name, cell in row.values.items() if (text := str(cell or "").strip())} for row in first]
    is_told = any(map(_respells_names, first[:1])) or _are_options(first, told) or _are_questions(told)
    count = len(first[:2]) if has_ids else int(is_told)
    described = [replace(row, values={}, problem="describes the columns") for row in first[:count]]
    return chain(described, first[count:], rows)


def without_notes(rows: Iterator[Row], columns: tuple[str, ...]) -> Iterator[Row]:
    """Pass rows of a sheet on; leave out headers that come again, and what stands under the last whole row.

    That is a row of sums, or sentences of their own under it or behind a blank row. Where other rows begin with
    sentences too, or have blank rows between them, those behind one are rows.
    """
    # Each row with whether a blank one stands before it.
    tail, last, has_gaps, first = list[tuple[Row, bool]](), 0, False, list[str]()
    for row in rows:
        cells = list(row.values.values())
        if len(cells) > 1 and isinstance(cells[0], str) and cells[0].strip() == columns[0] and _are_names(row, columns):
            row = replace(row, values={}, problem="repeats the header")
        is_apart, last = 0 < last < row.number - 1, row.number
        filled = len(cells) - cells.count("") - cells.count(None)
        if len(columns) > 2 and 0 < filled * 2 <= len(columns) + 1 and len(tail) < _LOOK_ROWS:
            tail.append((row, is_apart))
            continue
        has_gaps = has_gaps or is_apart or any(gap for _, gap in tail)
        if len(first) < _LOOK_ROWS:
            first.append(str(cells[0]) if cells else "")
        yield from (each for each, _ in tail)
        tail = []
        yield row
    has_notes = not has_gaps and sum(map(_is_sentence, first)) * _LEAST_ROWS < len(first)
    is_under = False
    for row, is_apart in tail:
        texts = [text for value in row.values.values() if (text := str("" if value is None else value).strip())]
        is_sum = len(texts) > 1 and texts[0].rstrip(":").casefold() in _SUMS and all(map(_SUM.fullmatch, texts[1:]))
        is_under = is_under or is_sum or (is_apart and has_notes)
        is_note = is_under and len(texts) == 1 and bool(row.values.get(columns[0])) and _is_sentence(texts[0])
        yield replace(row, values={}, problem=_UNDER) if is_sum or is_note else row


def _is_sentence(text: str) -> bool:
    return ":" in text or len(text.split()) >= _SENTENCE


def _are_names(row: Row, columns: tuple[str, ...]) -> bool:
    """Tell cells of a header from others; columns without a name, and those that recur, have a number behind theirs."""
    names = ((" ".join(str(row.values.get(column) or "").split()), column) for column in columns)
    return all(name == column or column.startswith(f"{name or 'column'} ") for name, column in names)


def _respells_names(row: Row) -> bool:
    names = [(name, text) for name, text in row.values.items() if isinstance(text, str) and text != name]
    return sum(_letters(name) == _letters(text) != "" for name, text in names) >= _LEAST_RESPELT


def _are_options(rows: list[Row], filled: list[dict[str, str]]) -> bool:
    """Tell whether a first row holds the options in the names, and none of what the first column has in other rows."""
    ids = next(iter(rows[0].values), "") if rows else ""
    options = {name: text for name, text in filled[0].items() if name.endswith("]")} if ids else {}
    rest = [row for row in filled[1:] if row]
    if not rest or ids in filled[0] or not all(ids in row for row in rest):
        return False
    return any(text.casefold() in _OPEN for text in filled[0].values()) or (
        len(options) >= _LEAST_RESPELT
        and all(name.endswith(f" [{' '.join(text.split())}]") for name, text in options.items())
        and any(options.items() - row.items() for row in rest)
    )


def _are_questions(rows: list[dict[str, str]]) -> bool:
    """Tell whether a first row holds the questions of columns with codes for names, such as `Q5`, and nothing else."""
    if len(rows) <= _LEAST_ROWS or not rows[0]:
        return False
    asked = [name for name, text in rows[0].items() if text.endswith("?")]
    later = [row.get(name, "") for row in rows[1:] for name in asked]
    are_coded = all(_CODE.fullmatch(name) and text.count(" ") > 1 for name, text in rows[0].items())
    are_told = len(asked) > 1 or (asked and len(rows[0]) < len(rows[1]))
    is_alone = sum(text.endswith("?") for text in later) * 4 <= len(later)
    return bool(are_coded and are_told and is_alone and len(asked) * 2 >= len(rows[0]))


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def counted(rows: Iterator[Row]) -> Iterator[Row]:
    """Pass rows on, up to the limit.

    Raises:
        Refusal: `too_many_rows` (413).
    """
    for count, row in enumerate(rows, 1):
        if count > MAX_ROWS:
            raise too_many_rows()
        yield row


def too_many_rows() -> Refusal:
    """Return the refusal of a file with more rows than one import takes."""
    return Refusal(
        "too_many_rows", f"The file has more than {MAX_ROWS:,} rows.", hint="Split it and import the parts.", status=413
    )
