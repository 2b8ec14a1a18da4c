"""Result of an import. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from review.models import Source
from review.sources.imports.column_mapping import ColumnMapping
from review.sources.imports.record_names import NameMatch
from web.errors import Refusal

ERRORS_SHOWN = 100


class TableRead(Protocol):
    """A file that was read: its columns, and what is told of how they came."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


class RowError(NamedTuple):
    row: int
    reason: str


class BadRows(Refusal):
    """A file that was refused for its rows; `bad` says how many."""

    def __init__(self, code: str, message: str, *, bad: int, **more: Any) -> None:
        super().__init__(code, message, **more)
        self.bad = bad


@dataclass
class RowTally:
    """Counts of a run over a file; keeps the first hundred errors and counts the rest.

    `late_columns` are keys of JSON rows that came after the rows the columns were told from; `alike` are rows whose
    records were found by a name that is written otherwise; `joined` has lists that came into a text, by column, with
    their first row.
    """

    total: int = 0
    added: int = 0
    known: int = 0
    bad: int = 0
    errors: list[RowError] = field(default_factory=list)
    late_columns: dict[str, None] = field(default_factory=dict)
    alike: list[NameMatch] = field(default_factory=list)
    joined: dict[str, int] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell what of the good rows came in another form than it stood in."""
        return tuple(
            f"'{column}' holds lists, first in row {row}; their parts are joined by semicolons."
            for column, row in self.joined.items()
        )

    def refuse(self, row: int, reason: str) -> None:
        self.bad += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(RowError(row, reason))

    def merge(self, other: RowTally) -> None:
        """Add the counts of another run over the same rows, such as that of the thread that read them."""
        self.total += other.total
        self.added += other.added
        self.known += other.known
        self.bad += other.bad
        self.late_columns.update(other.late_columns)
        self.joined = other.joined | self.joined
        self.alike += other.alike
        self.errors = sorted([*self.errors, *other.errors])[:ERRORS_SHOWN]

    def settle(self, *, skip_bad: bool, left_out: int | None) -> None:
        """Refuse a file with bad rows, unless they may be left out and are as many as was said.

        Args:
            skip_bad: Leave them out, however many.
            left_out: Leave out exactly so many.

        Raises:
            BadRows: `rows_bad`, or `rows_changed` (409) where fewer are bad than was said.
        """
        if left_out is not None and self.bad < left_out:
            message = f"{self.bad:,} rows would be left out now, not {left_out:,}. Nothing was imported."
            raise BadRows("rows_changed", message, hint="Preview the import again.", status=409, bad=self.bad)
        if self.bad and (self.bad != left_out if left_out is not None else not skip_bad):
            raise self.refusal()

    def refusal(self) -> BadRows:
        first = self.errors[0]
        message = (
            f"{self.bad:,} of {self.total:,} row{'' if self.total == 1 else 's'} {'is' if self.bad == 1 else 'are'} "
            f"bad, first row {first.row}: {first.reason}. Nothing was imported."
        )
        hint = "Correct these rows, or import only the good ones (skip_bad=true)."
        errors = {f"row {e.row}": [e.reason] for e in self.errors}
        return BadRows("rows_bad", message, hint=hint, errors=errors, bad=self.bad)


@dataclass(frozen=True)
class ImportResult:
    """Result of an import.

    Attributes:
        source: The new source; where every row was known, the one that holds them already.
        rows_known: Rows the task has already, and repeats within the file.
        rows_bad: Rows left out because `skip_bad` was asked for.
        errors: The first hundred bad rows.
        unknown_columns: Columns of the file that no field takes.
        alike: The first hundred rows whose records were found by a name that is written otherwise.
        notes: What came in another form than it stood in.
    """

    source: Source
    rows_total: int
    rows_added: int
    rows_known: int
    rows_bad: int
    errors: tuple[RowError, ...]
    unknown_columns: tuple[str, ...]
    alike: tuple[NameMatch, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Source, tally: RowTally, *, table: TableRead, mapping: ColumnMapping) -> ImportResult:
        return cls(
            source,
            tally.total,
            tally.added,
            tally.known,
            tally.bad,
            tuple(tally.errors),
            (*(column for column in table.columns if not mapping.get(column)), *tally.late_columns),
            tuple(tally.alike[:ERRORS_SHOWN]),
            (*table.notes, *tally.notes),
        )
