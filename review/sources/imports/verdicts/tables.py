"""An export of another tool as a table: one verdict a row, whatever nest it came in. Knows shapes; nothing of tasks."""

from __future__ import annotations

from pathlib import Path

from review.sources.imports.annotated import open_export
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.tables import Table
from web.errors import Refusal


def open_judged(path: Path, choices: ImportChoices = AS_FOUND) -> Table:
    """Look at a file and tell whose export it is by its first records.

    Raises:
        Refusal: As `open_table`; `no_verdicts` where nothing in it was judged.
    """
    table = open_export(path, is_judged=True, **choices.of_file)
    if not table.tool:
        return table.opened()
    if next(table.rows(), None) is None:
        raise Refusal(
            "no_verdicts",
            f"This is an export of {table.tool} in which nothing was judged.",
            hint="Export it again with annotations.",
        )
    return table
