"""The trail as CSV lines that no spreadsheet takes for a formula. Knows columns; knows no query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.selectors import Line
from web import csv_lines

COLUMNS = ("id", "at", "who", "act", "subject_kind", "subject_id", "detail")


def lines_of(lines: Iterable[Line]) -> Iterator[str]:
    """A line of names, then one a row; quoted as RFC 4180 has it."""
    yield csv_lines.line(COLUMNS)
    for line in lines:
        at = line.at.isoformat(timespec="microseconds")
        yield csv_lines.line((str(line.id), at, line.who, line.act, line.subject_kind, line.subject_id, line.detail))
