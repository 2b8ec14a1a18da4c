"""Many new rows of a table as fast as the database takes them: `COPY` on PostgreSQL, one prepared statement on SQLite.

Rows are poured by a pattern: an unsaved instance says what all of them have in common, and only what varies is given
row by row. Signals, `save` and validation of models are passed by; triggers and constraints of the database still
apply. It does not know what the rows mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models

# What one row brings, in the order of `varying`: text, integers, floats, None, and JSON and ids as `as_json` and `hex`.
Value = str | int | float | None
Values = Sequence[Value]
# Rows ready to be written: blocks of a file of `COPY`, or rows of values.
PreparedRows = list[Any]
as_json: Callable[[object], str] = json.JSONEncoder(check_circular=False).encode

BLOCK_CHARS = 1 << 18
MICROSECONDS = 1_000_000
# No text of PostgreSQL holds it, so it parts values while they are escaped together.
_SEPARATOR = "\x00"


def timestamps(first: datetime, count: int) -> list[str]:
    """So many moments in a row, as values of rows: what is listed by its time keeps the order it was poured in."""
    first = first.astimezone(UTC)
    if first.microsecond + count > MICROSECONDS:
        # Within one second, so that only the end of the text differs.
        first = first.replace(microsecond=0) + timedelta(seconds=1)
    whole = str(connection.ops.adapt_datetimefield_value(first.replace(microsecond=MICROSECONDS - 1)))
    before, after = whole.split(f".{MICROSECONDS - 1}")
    return [f"{before}.{at:06d}{after}" for at in range(first.microsecond, first.microsecond + count)]


class BulkInserter:
    """Bulk inserter of rows into one table: COPY on PostgreSQL, executemany on SQLite.

    Args:
        pattern: What is common to all rows, defaults included; it is never saved.
        varying: Names of the fields that each row brings itself. The rest comes from the pattern.
    """

    def __init__(self, pattern: models.Model, varying: Sequence[str]) -> None:
        self._table = pattern._meta.db_table
        fields: dict[str, Any] = {field.name: field for field in pattern._meta.concrete_fields}
        unknown = [name for name in varying if name not in fields]
        if unknown:
            raise ValueError(f"{self._table} has no field '{unknown[0]}'; it has {', '.join(fields)}")
        # A key that the database counts up is left to it.
        common = [
            field for name, field in fields.items() if name not in varying and not isinstance(field, models.AutoField)
        ]
        columns = [*(fields[name].column for name in varying), *(field.column for field in common)]
        names = ", ".join(map(connection.ops.quote_name, columns))
        where = f"{connection.ops.quote_name(self._table)} ({names})"
        self._common = tuple(_prepared(field, pattern) for field in common)
        self._is_copied = connection.vendor == "postgresql"
        places = ", ".join(["%s"] * len(columns))
        insert = f"INSERT INTO {where} VALUES ({places})"  # noqa: S608 (names of ours)
        self._line = f"COPY {where} FROM STDIN" if self._is_copied else insert

    def pour(self, rows: Iterable[Values]) -> None:
        """Insert rows inside the caller's transaction.

        Raises:
            django.db.IntegrityError: As any insert, a row that is pointed at and missing included; the transaction is
                lost then.
        """
        self.write(self.lay(rows))

    def lay(self, rows: Iterable[Values]) -> PreparedRows:
        """Rows as the database takes them; any thread may do it, while another writes earlier rows."""
        if self._is_copied:
            return list(self._blocks(rows))
        return [(*row, *self._common) for row in rows]

    def write(self, rows: PreparedRows) -> None:
        """Insert prepared rows inside the caller's transaction; raises as `pour`."""
        if not self._is_copied:
            with connection.cursor() as cursor:
                cursor.executemany(self._line, rows)
            return
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(self._line) as sink:
            for block in rows:
                sink.write(block)
        # Else the database looks up what all rows point at when the transaction ends, and everyone waits for it.
        connection.check_constraints()

    def _blocks(self, rows: Iterable[Values]) -> Iterator[bytes]:
        ending = "".join(f"\t{_copy_value(value)}" for value in self._common) + "\n"
        block: list[str] = []
        held = 0
        for row in rows:
            written = _copy_line(row) + ending
            block.append(written)
            held += len(written)
            if held >= BLOCK_CHARS:
                yield "".join(block).encode()
                block, held = [], 0
        yield "".join(block).encode()


def _prepared(field: models.Field[Any, Any], pattern: models.Model) -> Any:
    value = field.pre_save(pattern, add=True)
    if isinstance(field, models.JSONField):
        return as_json(value) if value is not None else None
    return field.get_db_prep_save(value, connection)


def _copy_line(row: Values) -> str:
    # Four replacements are many times faster than one table of translations, and once a row faster than once a value.
    text = _SEPARATOR.join(map(str, row))
    if None in row or text.count(_SEPARATOR) != len(row) - 1:
        return "\t".join(map(_copy_value, row))
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text.replace(_SEPARATOR, "\t")


def _copy_value(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, datetime) else str(value)
