"""The trail as CSV lines that no spreadsheet takes for a formula. Knows columns; knows no query."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from audit.selectors import Line

COLUMNS = ("id", "at", "who", "act", "subject_kind", "subject_id", "detail")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(lines: Iterable[Line]) -> Iterator[str]:
    """A line of names, then one a row; quoted as RFC 4180 has it."""
    yield _line(COLUMNS)
    for line in lines:
        at = line.at.isoformat(timespec="microseconds")
        yield _line((str(line.id), at, line.who, line.act, line.subject_kind, line.subject_id, line.detail))


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(_STARTS_FORMULA) else cell for cell in cells])
    return out.getvalue()
