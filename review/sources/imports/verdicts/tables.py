"""An export of another tool as a table: one verdict a row, whatever nest it came in. Knows shapes; nothing of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.tables import MAX_COLUMNS, Row, Table, check_columns, open_table
from review.sources.imports.verdicts import argilla, doccano, label_studio
from web.errors import Refusal

TOOLS: tuple[ModuleType, ...] = (label_studio, argilla, doccano)
LOOK_AT = 50


@dataclass(frozen=True)
class JudgedTable:
    """A file of verdicts.

    Attributes:
        tool: Name of the tool whose shape it has; empty for a plain table of one verdict a row.
        columns: Of the flat rows, in order of appearance.
    """

    inner: Table
    tool: str
    columns: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.inner.path

    @property
    def format(self) -> str:
        return self.inner.format

    @property
    def encoding(self) -> str:
        return self.inner.encoding

    @property
    def notes(self) -> tuple[str, ...]:
        return self.inner.notes

    def rows(self) -> Iterator[Row]:
        """Every verdict; several of one record have its number. Records without a verdict give none."""
        shape = next((tool for tool in TOOLS if self.tool == tool.NAME), None)
        for row in self.inner.rows():
            if shape is None or row.problem:
                yield row
                continue
            if row.unread:
                yield Row(row.number, problem=next(iter(row.unread.values())), line=row.line)
                continue
            try:
                yield from (
                    [Row(row.number, values, line=row.line) for values in shape.rows(row.values)]
                    if shape.fits(row.values)
                    else [Row(row.number, problem=f"is not of the shape of {self.tool}'s records")]
                )
            except ValueError as error:
                yield Row(row.number, problem=str(error), line=row.line)


def open_judged(path: Path, choices: ImportChoices = AS_FOUND) -> JudgedTable:
    """Look at a file and tell whose export it is by its first records.

    Raises:
        Refusal: As `open_table`; `no_verdicts` where nothing in it was judged.
    """
    inner = open_table(path, **choices.of_file)
    tool = _tool_of(inner)
    if not tool:
        return JudgedTable(flat := inner.opened(), tool, flat.columns)
    table = JudgedTable(inner, tool, inner.columns)
    columns: dict[str, None] = {}
    is_judged = False
    for row in table.rows():
        is_judged = True
        columns.update(dict.fromkeys(row.values))
        if len(columns) > MAX_COLUMNS:
            break
    check_columns(columns)
    if not is_judged:
        raise Refusal(
            "no_verdicts",
            f"This is an export of {tool} in which nothing was judged.",
            hint="Export it again with annotations.",
        )
    return JudgedTable(inner, tool, tuple(columns))


def _tool_of(table: Table) -> str:
    if table.format == "csv":
        return ""
    samples = [row.values for _, row in zip(range(LOOK_AT), table.rows(), strict=False) if not row.problem]
    return next((tool.NAME for tool in TOOLS if samples and any(tool.fits(values) for values in samples)), "")
