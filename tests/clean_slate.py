"""Empty the database after a transactional test, in a small part of the time that Django's `flush` takes.

`flush` deletes from every table and has `post_migrate` make content types, permissions, seeds and triggers again. Here
one question finds the tables that have rows, and only those are emptied. Rows that `post_migrate` made stay, and are
put back where a test changed them; so are triggers. Sequences begin again, as after a flush. It does not know what
tests do.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from review.db import text_index


@dataclass(frozen=True)
class Questions:
    """What is asked of one kind of database about itself.

    Attributes:
        tables: Names of all tables that tests write to. What is migrated is no test's, and the words of a text index
            follow their rows by triggers.
        triggers: Each trigger's name, table, and the statement that makes it.
        sequences: Name and last value of each sequence that has moved.
        rewind: Set one sequence (name, last value; None: as if never asked).
    """

    tables: str
    triggers: str
    sequences: str
    rewind: str


SQLITE = Questions(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
    f"AND name NOT LIKE '{text_index.FTS}%' AND name <> 'django_migrations' ORDER BY name",
    "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
    "SELECT name, seq FROM sqlite_sequence WHERE seq > 0",
    "UPDATE sqlite_sequence SET seq = coalesce(%(value)s, 0) WHERE name = %(name)s",
)
POSTGRESQL = Questions(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' ORDER BY 1",
    "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = 'public' "
    "AND sequencename <> 'django_migrations_id_seq'",
    "SELECT setval(%(name)s::regclass, coalesce(%(value)s, 1), %(value)s::bigint IS NOT NULL)",
)


@dataclass(frozen=True)
class Slate:
    """What a fresh database holds: rows of the tables that have any, sequences that have moved, triggers."""

    rows: dict[str, list[tuple[Any, ...]]]
    sequences: dict[str, int]
    triggers: dict[str, tuple[str, str]]


def remember() -> Slate:
    """What the database holds now; taken when it is fresh."""
    asked = questions()
    with connection.cursor() as cursor:
        filled = tables_with_rows(cursor, names(cursor, asked.tables))
        return Slate(
            {table: rows_of(cursor, table) for table in filled}, sequences(cursor, asked), triggers(cursor, asked)
        )


def wipe(fresh: Slate) -> None:
    """Make the database hold what it held when it was fresh.

    Waits for transactions that have written and are not at their end, so that none leaves rows behind.
    """
    asked = questions()
    with unchecked(), connection.cursor() as cursor:
        tables = names(cursor, asked.tables)
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(map(quoted, tables))} IN SHARE ROW EXCLUSIVE MODE")
        for table in tables_with_rows(cursor, tables):
            if table not in fresh.rows or rows_of(cursor, table) != fresh.rows[table]:
                empty(cursor, table, asked)
        for table, rows in fresh.rows.items():
            put_back(cursor, table, rows)
        mend(cursor, fresh, asked)
    ContentType.objects.clear_cache()


def questions() -> Questions:
    """Those of the database in use."""
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE


@contextmanager
def unchecked() -> Iterator[None]:
    """A transaction in which no foreign key is looked at, and on PostgreSQL no trigger."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            connection.cursor().execute("SET LOCAL session_replication_role = replica")
            yield
        return
    with connection.constraint_checks_disabled(), transaction.atomic():
        yield


def tables_with_rows(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Those of some tables that are not empty."""
    return names(
        cursor,
        " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quoted(table)})" for table in tables),
    )


def empty(cursor: CursorWrapper, table: str, asked: Questions) -> None:
    """Delete all rows of a table; on SQLite its guards, which would refuse, are dropped before."""
    if connection.vendor != "postgresql":
        for name, (on, _) in triggers(cursor, asked).items():
            if on == table and name not in text_index.TRIGGERS:
                cursor.execute(f"DROP TRIGGER {name}")
    cursor.execute(f"DELETE FROM {quoted(table)}")


def put_back(cursor: CursorWrapper, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert the rows of a fresh database where they are gone."""
    cursor.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1")
    if not cursor.fetchone():
        places = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)


def mend(cursor: CursorWrapper, fresh: Slate, asked: Questions) -> None:
    """Make triggers that are gone, and set sequences that have moved."""
    there = triggers(cursor, asked)
    for name, (_, statement) in fresh.triggers.items():
        if name not in there:
            cursor.execute(statement)
    for name, value in sequences(cursor, asked).items():
        if value != fresh.sequences.get(name):
            cursor.execute(asked.rewind, {"name": name, "value": fresh.sequences.get(name)})


def triggers(cursor: CursorWrapper, asked: Questions) -> dict[str, tuple[str, str]]:
    """Table and statement of each trigger."""
    cursor.execute(asked.triggers)
    return {name: (table, statement) for name, table, statement in cursor.fetchall()}


def sequences(cursor: CursorWrapper, asked: Questions) -> dict[str, int]:
    """Last value of each sequence that has moved."""
    cursor.execute(asked.sequences)
    return dict(cursor.fetchall())


def rows_of(cursor: CursorWrapper, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(f"SELECT * FROM {quoted(table)} ORDER BY 1")
    return cursor.fetchall()


def names(cursor: CursorWrapper, question: str) -> list[str]:
    cursor.execute(question)
    return [row[0] for row in cursor.fetchall()]


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def end_other_connections() -> None:
    """Before the database goes: a thread of a test may have left its connection open, and PostgreSQL then refuses."""
    if connection.vendor != "postgresql":
        return
    # What a thread left is closed where it is collected.
    gc.collect()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
