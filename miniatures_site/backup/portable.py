"""Rows of every table in one text file that either kind of database can load: the database of a portable backup.

A line opens each table with its columns; each row follows as a JSON list. Values are those that SQLite keeps: moments
in UTC without a zone, ids as 32 digits, JSON as text. Tables that `migrate` fills itself, and the words of the text
index, whose form differs by database, are left out and made again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

from miniatures_site import fresh_tables
from review.db import immutability
from web.errors import Refusal

FILE = "database.jsonl"
# Where both kinds of database can be loaded from it.
ANY = "any"
# Filled by `migrate`, bound to a key of this installation, or made again from other rows.
LEFT_OUT = frozenset({
    "django_migrations", "django_content_type", "auth_permission", "auth_group_permissions",
    "members_member_user_permissions", "django_admin_log", "django_session", "review_searchtext",
})  # fmt: skip
CHUNK = 2000
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file.

    Attributes:
        columns: Names in the order of a row's values.
        moments: Columns of dates with a time.
        dates: Columns of dates.
    """

    table: str
    columns: list[str]
    moments: list[str]
    dates: list[str]

    def at(self, *names: str) -> list[int]:
        return [self.columns.index(name) for name in names]


# Changes the rows of a table on their way out of a database or into one; None leaves them as they are.
Step = Callable[[Row], Row]
Change = Callable[[Table], Step | None]


def unchanged(table: Table) -> None:
    """Leave every table as it is."""


def tables() -> list[Table]:
    every_model = apps.get_models(include_auto_created=True)
    own = [model for model in every_model if model._meta.managed and not model._meta.proxy]
    tables = (_table(model) for model in own if model._meta.db_table not in LEFT_OUT)
    return sorted(tables, key=lambda each: each.table)


def write(
    target: Path, read: Callable[[str], Iterable[Sequence[Any]]], *, change: Change = unchanged
) -> dict[str, int]:
    """Write the rows of every table.

    Args:
        target: The new file.
        read: Runs one SELECT on the database that is copied.
        change: Changes rows on their way.

    Returns:
        How many rows of each table were written.
    """
    counts: dict[str, int] = {}
    with target.open("w", encoding="utf-8", newline="\n") as out:
        for table in tables():
            out.write(_line({"table": asdict(table)}))
            names = ", ".join(f'"{name}"' for name in table.columns)
            step = change(table) or _same
            counts[table.table] = 0
            for row in read(f'SELECT {names} FROM "{table.table}" ORDER BY 1'):  # noqa: S608 (names of our models)
                out.write(_line(step([_plain(value) for value in row])))
                counts[table.table] += 1
    return counts


def of_sqlite(file: Path) -> Callable[[str], Iterator[Sequence[Any]]]:
    """Return how a copy of an SQLite database is read."""

    def read(question: str) -> Iterator[Sequence[Any]]:
        with closing(sqlite3.connect(file)) as opened:
            yield from opened.execute(question)

    return read


def of_connection(question: str) -> Iterator[Sequence[Any]]:
    """Read the connected database, inside the caller's transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(question)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def read(file: Path) -> Iterator[tuple[Table, Iterator[Row]]]:
    """Yield each table of a file with its rows, which must be read before the next table."""
    with file.open(encoding="utf-8") as lines:
        parts = map(json.loads, lines)
        part = next(parts, None)
        while part is not None:
            table, rest = Table(**part["table"]), _Rest()
            yield table, _rows_until_next(parts, rest)
            part = rest.part


def load(file: Path, migrations: dict[str, list[str]], *, change: Change = unchanged) -> None:
    """Make the tables of a backup in the connected database, which is empty, and pour its rows into them.

    Args:
        file: What `write` wrote.
        migrations: Those the backup had, by app: rows are poured into tables of that time, and migrated afterwards.
        change: Changes rows on their way.

    Raises:
        Refusal: A table of the backup, or one of its columns, is missing here, or a row points at one that is missing.
    """
    fresh_tables.create((app, name) for app, names in migrations.items() for name in names)
    immutability.uninstall()
    with _wide_cache(), transaction.atomic(), connection.cursor() as cursor:
        tables = frozenset(connection.introspection.table_names(cursor))
        for table, rows in read(file):
            _require_columns(table, tables, cursor)
            cursor.execute(f'DELETE FROM "{table.table}"')  # noqa: S608 (checked against the tables that are there)
            step = change(table)
            _pour(table, rows if step is None else map(step, rows), cursor)
    _reset_sequences()


def _table(model: type[models.Model]) -> Table:
    fields = model._meta.concrete_fields
    first = [field for field in fields if field.primary_key]
    ordered = [*first, *(field for field in fields if not field.primary_key)]
    kinds = {str(field.column): field.get_internal_type() for field in ordered}
    return Table(
        table=model._meta.db_table,
        columns=list(kinds),
        moments=[column for column, kind in kinds.items() if kind == "DateTimeField"],
        dates=[column for column, kind in kinds.items() if kind == "DateField"],
    )


def _same(row: Row) -> Row:
    return row


def _line(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    """Return a value as SQLite keeps it."""
    if value is None or isinstance(value, str | int | float):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"A portable backup has no form for a value of type {type(value).__name__}.")


class _Rest:
    """The line that ended a table's rows: the opening line of the next table, or None."""

    part: Any = None


def _rows_until_next(parts: Iterator[Any], rest: _Rest) -> Iterator[Row]:
    for part in parts:
        if isinstance(part, dict):
            rest.part = part
            return
        yield part


@contextmanager
def _wide_cache() -> Iterator[None]:
    """Let SQLite keep 64 MB of pages meanwhile: rows with random keys go in twice as fast."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA cache_size").fetchone()[0]
        cursor.execute("PRAGMA cache_size = -64000")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")


def _require_columns(table: Table, tables: frozenset[str], cursor: Any) -> None:
    if table.table not in tables:
        raise Refusal("backup_columns", f"There is no table {table.table} here.")
    # Django's own introspection parses each table's statement, which takes a tenth of a restore.
    cursor.execute(f'SELECT * FROM "{table.table}" LIMIT 0')  # noqa: S608 (checked against the tables that are there)
    columns = {each[0] for each in cursor.description}
    if lacking := [name for name in table.columns if name not in columns]:
        raise Refusal("backup_columns", f"The table {table.table} has no column {lacking[0]} here.")


def _pour(table: Table, rows: Iterable[Row], cursor: Any) -> None:
    names = ", ".join(f'"{name}"' for name in table.columns)
    if connection.vendor == "postgresql":
        zoned = table.at(*table.moments)
        with connection.wrap_database_errors, cursor.copy(f'COPY "{table.table}" ({names}) FROM STDIN') as sink:
            for row in rows:
                for place in zoned:
                    row[place] = row[place] and f"{row[place]}+00"
                sink.write_row(row)
        return
    places = ", ".join(["%s"] * len(table.columns))
    cursor.executemany(f'INSERT INTO "{table.table}" ({names}) VALUES ({places})', rows)  # noqa: S608


def _reset_sequences() -> None:
    """Have ids that count up go on after the highest that was loaded.

    Later migrations make the tables that are not here.
    """
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        models = [each for each in apps.get_models(include_auto_created=True) if each._meta.db_table in tables]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
