"""Detection of a file's number and date formats, by cells that can be read in one way only. Uses no database.

`1.200` is a thousand two hundred in one country and little more than one in another, and so it is with 03/04/2026. One
cell that shows which it is settles it for the file. Numbers without such a cell go by what parts the columns (a
semicolon stands where the comma is taken); dates without one are for a person to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from review.sources.imports.cell_values import Notation
from review.sources.imports.choices import ImportChoices
from review.sources.imports.column_mapping import ColumnMapping, TargetField
from review.sources.imports.tables import RowSource
from review.spec import numbers
from web.errors import Refusal

_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}(?:\D.*)?")
MONTHS = 12


@dataclass
class FoundNotation:
    """Detected formats of numbers and dates in a file, and the cells that leave them unclear.

    Attributes:
        decimal: `.` or `,`; empty where no number shows it.
        dates: `dmy` or `mdy`; empty where no date shows it.
        has_numbers: Whether a column fills a number.
        has_dates: Whether a column fills a date.
        unclear_number: A number that can be read in two ways, where nothing told which.
        unclear_date: The column, row and text of a date that can be.
    """

    decimal: str = ""
    dates: str = ""
    has_numbers: bool = False
    has_dates: bool = False
    unclear_number: str = ""
    unclear_date: tuple[str, int, str] | None = field(default=None)

    @property
    def notation(self) -> Notation:
        return Notation(self.decimal or ".", self.dates)

    def require_clear(self) -> None:
        """Refuse dates that nobody can tell apart.

        Raises:
            Refusal: `dates_ambiguous`, with the column.
        """
        if self.unclear_date is None or self.dates:
            return
        column, row, text = self.unclear_date
        message = (
            f"The dates of '{column}' can be read in two ways, such as {text} in row {row}: "
            "choose whether the day or the month comes first."
        )
        raise Refusal(
            "dates_ambiguous",
            message,
            hint="Choose the order of dates; one holds for all rows.",
            errors={column: [message]},
        )


def find(
    table: RowSource, mapping: ColumnMapping, fields: Sequence[TargetField], choices: ImportChoices
) -> FoundNotation:
    """Look at the columns that fill numbers and dates, until they show how they are written.

    Raises:
        Refusal: The file cannot be read on.
    """
    types = {target.name: target.field.value_type for target in fields if target.field is not None}
    amounts = [column for column, name in mapping.items() if name in types and types[name].is_number]
    dates = [column for column, name in mapping.items() if name in types and types[name].format == "date"]
    notation = FoundNotation(choices.decimal, choices.dates, bool(amounts), bool(dates))
    for row in table.rows() if _is_open(notation) else ():
        for column in () if notation.decimal else amounts:
            _look_at_number(notation, row.values.get(column))
        for column in () if notation.dates else dates:
            _look_at_date(notation, column, row.number, row.values.get(column))
        if not _is_open(notation):
            break
    if notation.unclear_number and not notation.decimal:
        notation.decimal = "," if getattr(table, "delimiter", "") == ";" else "."
    elif notation.decimal:
        notation.unclear_number = ""
    return notation


def _is_open(notation: FoundNotation) -> bool:
    return (notation.has_numbers and not notation.decimal) or (notation.has_dates and not notation.dates)


def _look_at_number(notation: FoundNotation, value: object) -> None:
    if not isinstance(value, str):
        return
    shown = numbers.notations_of(value.strip())
    if len(shown) == 1:
        notation.decimal = shown[0]
    elif shown and not notation.unclear_number:
        notation.unclear_number = value.strip()


def _look_at_date(notation: FoundNotation, column: str, row: int, value: object) -> None:
    match = _DAY_AND_MONTH.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return
    first, second = int(match[1]), int(match[2])
    if first > MONTHS >= second:
        notation.dates = "dmy"
    elif second > MONTHS >= first:
        notation.dates = "mdy"
    elif first != second and notation.unclear_date is None:
        notation.unclear_date = (column, row, match[0])
