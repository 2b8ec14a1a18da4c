"""A consistent copy of the database, and back: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore.

Knows databases and their programs; knows no room's tables.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from web.errors import Refusal

SQLITE, POSTGRESQL = "database.sqlite3", "database.pgdump"


def dump(folder: Path) -> tuple[str, dict[str, int]]:
    """Write a copy of the database as it is at one moment; writers go on meanwhile.

    Returns:
        The file's name, and the rows of each table at that very moment.

    Raises:
        Refusal: pg_dump is missing, or does not do it.
    """
    return _dump_postgresql(folder) if connection.vendor == "postgresql" else _dump_sqlite(folder)


def is_empty() -> bool:
    """Whether nobody is a member of the installation in this database."""
    with connection.cursor() as cursor:
        if "members_member" not in connection.introspection.table_names(cursor):
            return True
        cursor.execute("SELECT 1 FROM members_member LIMIT 1")
        return cursor.fetchone() is None


def counts() -> dict[str, int]:
    """Rows of each table of the connected database."""
    with connection.cursor() as cursor:
        return {table: _count(cursor, table) for table in sorted(connection.introspection.table_names(cursor))}


def load(folder: Path, *, stamp: str) -> list[str]:
    """Put a verified copy in the place of the connected database; what stands there is set aside.

    Returns:
        Where the earlier one is now.

    Raises:
        Refusal: pg_restore is missing or does not do it; then the earlier one stands as before.
    """
    if connection.vendor == "postgresql":
        return _load_postgresql(folder / POSTGRESQL, stamp)
    return _load_sqlite(folder / SQLITE, stamp)


def _dump_sqlite(folder: Path) -> tuple[str, dict[str, int]]:
    connection.ensure_connection()
    with closing(sqlite3.connect(folder / SQLITE)) as target:
        connection.connection.backup(target)
        # The copy is one file: no journal of its own beside it.
        target.execute("PRAGMA journal_mode=DELETE")
        tables = [row[0] for row in target.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        own = [table for table in tables if not table.startswith("sqlite_")]
        return SQLITE, {table: _count(target.cursor(), table) for table in own}


def _dump_postgresql(folder: Path) -> tuple[str, dict[str, int]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = {table: _count(cursor, table) for table in sorted(connection.introspection.table_names(cursor))}
        _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", "--exclude-schema=before_*",
             f"--snapshot={snapshot}", f"--file={folder / POSTGRESQL}")  # fmt: skip
    return POSTGRESQL, rows


def _load_sqlite(source: Path, stamp: str) -> list[str]:
    place = Path(str(connection.settings_dict["NAME"]))
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = place.with_name(f"{place.name}.restoring-{stamp}")
    shutil.copyfile(source, staged)
    is_new = not connection.introspection.table_names()
    connection.close()
    aside = []
    for suffix in ("", "-wal", "-shm"):
        old = place.with_name(place.name + suffix)
        if is_new:
            old.unlink(missing_ok=True)
        elif old.exists():
            kept = place.with_name(f"{place.name}.before-{stamp}{suffix}")
            old.rename(kept)
            aside.append(str(kept))
    staged.rename(place)
    return aside[:1]


def _load_postgresql(source: Path, stamp: str) -> list[str]:
    aside = f"before_{stamp.lower()}"
    is_new = not connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA public RENAME TO "{aside}"')
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    try:
        _run("pg_restore", "--no-owner", "--no-acl", "--single-transaction", "--exit-on-error",
             f"--dbname={connection.settings_dict['NAME']}", str(source))  # fmt: skip
    except Refusal:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute(f'ALTER SCHEMA "{aside}" RENAME TO public')
        raise
    if is_new:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{aside}"')
        return []
    return [f"schema {aside}"]


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise Refusal(
            "no_pg_tools",
            f"The program {program} is not on this host.",
            hint="Install PostgreSQL's client programs of the server's version; on Debian: postgresql-client.",
        )
    with _environment(connection.settings_dict) as environment:
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise Refusal("pg_tools_failed", f"{program} did not do it: {lines[-1]}")


@contextmanager
def _environment(given: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """PostgreSQL's programs read the address from variables, so that no password stands in a list of processes."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    yield {**os.environ, **{name: str(given[key]) for name, key in names.items() if given.get(key)}}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name the database itself gave)
    return int(cursor.fetchone()[0])
