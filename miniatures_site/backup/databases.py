"""Back up and restore the database: SQLite by its online backup, PostgreSQL by its own programs, either by rows."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection, transaction

from miniatures_site.backup import portable, postgresql
from miniatures_site.backup.manifest import Manifest
from miniatures_site.backup.rollback import Rollback

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

SQLITE, POSTGRESQL, ANY = "database.sqlite3", postgresql.FILE, portable.ANY
# A file and the journals beside it.
SUFFIXES = ("", "-wal", "-shm")


def file_name(backup: Manifest) -> str:
    if backup.vendor == ANY:
        return portable.FILE
    return POSTGRESQL if backup.vendor == "postgresql" else SQLITE


def dump(
    folder: Path, *, look: Callable[[], str], portable_change: portable.Change | None = None
) -> tuple[str, dict[str, int], str]:
    """Write a consistent copy of the database; writers continue meanwhile.

    Args:
        folder: Where the copy comes.
        look: Reads something of the very rows that are copied.
        portable_change: Write rows that either kind of database loads, changed by this.

    Returns:
        The file's name, the rows of each table at that very moment, and what `look` saw; empty where SQLite's rows
        changed in between.

    Raises:
        Refusal: pg_dump is missing, older than the server, or does not do it.
    """
    if connection.vendor == "postgresql":
        if portable_change is not None:
            return portable.FILE, *_write_snapshot(folder / portable.FILE, look, portable_change)
        return POSTGRESQL, *postgresql.dump(folder / POSTGRESQL, look=lambda cursor: (_counts(cursor), look()))
    before = look()
    name, tables = _dump_sqlite(folder)
    if portable_change is not None:
        copied, name = folder / SQLITE, portable.FILE
        tables = portable.write(folder / name, portable.of_sqlite(copied), change=portable_change)
        copied.unlink()
    return name, tables, before if before == look() else ""


def is_empty() -> bool:
    """Return whether the database has no members."""
    with connection.cursor() as cursor:
        if "members_member" not in connection.introspection.table_names(cursor):
            return True
        cursor.execute("SELECT 1 FROM members_member LIMIT 1")
        return cursor.fetchone() is None


def counts() -> dict[str, int]:
    """Rows of each table of the connected database."""
    with connection.cursor() as cursor:
        return _counts(cursor)


def require_loadable(folder: Path, backup: Manifest) -> None:
    """Refuse a copy that the programs of this host cannot load.

    Raises:
        Refusal: A program is missing, or too old for it.
    """
    if backup.vendor == "postgresql":
        postgresql.require_loadable(folder / POSTGRESQL)


def place() -> Path | None:
    """The file that holds the database, if one does."""
    return None if connection.vendor == "postgresql" else Path(str(connection.settings_dict["NAME"]))


def load(
    folder: Path, backup: Manifest, *, stamp: str, undo: Rollback, change: portable.Change = portable.unchanged
) -> str:
    """Put a verified copy in the place of the connected database; what stands there is set aside.

    Args:
        folder: The unpacked backup.
        backup: Its manifest.
        stamp: Ends the name of what is set aside.
        undo: Takes the steps back.
        change: Changes the rows of a portable backup on their way.

    Returns:
        Where the earlier one is now: a schema, or a file.

    Raises:
        Refusal: PostgreSQL's programs do not do it, or the rows do not fit the tables.
    """
    is_postgresql = connection.vendor == "postgresql"
    if backup.vendor == ANY:
        aside = postgresql.set_aside(stamp=stamp, undo=undo) if is_postgresql else _set_aside(stamp, undo)
        portable.load(folder / portable.FILE, backup.migrations, change=change)
        return aside
    if is_postgresql:
        return postgresql.load(folder / POSTGRESQL, stamp=stamp, undo=undo)
    return _load_sqlite(folder / SQLITE, stamp, undo)


def called(aside: str) -> str:
    """Return the location of the earlier database, in words for an admin."""
    return f"schema {aside}" if connection.vendor == "postgresql" else aside


def forget(aside: str) -> None:
    """Remove the earlier database, which had no tables."""
    if connection.vendor == "postgresql":
        postgresql.drop(aside)
        return
    for suffix in SUFFIXES:
        Path(aside + suffix).unlink(missing_ok=True)


def _load_sqlite(source: Path, stamp: str, undo: Rollback) -> str:
    file = place()
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    staged = file.with_name(f"{file.name}.restoring-{stamp}")
    undo.add(str(staged), lambda: staged.unlink(missing_ok=True))
    shutil.copyfile(source, staged)
    aside = _set_aside(stamp, undo)
    staged.rename(file)
    return aside


def _set_aside(stamp: str, undo: Rollback) -> str:
    file = place()
    assert file is not None
    aside = f"{file}.before-{stamp}"
    connection.close()
    undo.add(str(file), lambda: _back_sqlite(str(file), aside))
    for suffix in SUFFIXES:
        if Path(f"{file}{suffix}").exists():
            Path(f"{file}{suffix}").rename(aside + suffix)
    return aside


def _back_sqlite(file: str, aside: str) -> None:
    connection.close()
    is_aside = Path(aside).exists()
    for suffix in SUFFIXES:
        if is_aside:
            Path(file + suffix).unlink(missing_ok=True)
        if Path(aside + suffix).exists():
            Path(aside + suffix).rename(file + suffix)


def _write_snapshot(target: Path, look: Callable[[], str], change: portable.Change) -> tuple[dict[str, int], str]:
    """Write the rows of one snapshot of PostgreSQL."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return portable.write(target, portable.of_connection, change=change), look()


def _dump_sqlite(folder: Path) -> tuple[str, dict[str, int]]:
    connection.ensure_connection()
    with closing(sqlite3.connect(folder / SQLITE)) as target:
        connection.connection.backup(target)
        # The copy is one file: no journal of its own beside it.
        target.execute("PRAGMA journal_mode=DELETE")
        tables = [row[0] for row in target.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        own = [table for table in tables if not table.startswith("sqlite_")]
        return SQLITE, {table: _count(target.cursor(), table) for table in own}


def _counts(cursor: CursorWrapper) -> dict[str, int]:
    return {table: _count(cursor, table) for table in sorted(connection.introspection.table_names(cursor))}


def _count(cursor: CursorWrapper | sqlite3.Cursor, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 (a name the database itself gave)
    return int(cursor.fetchone()[0])


def analyse() -> None:
    """Have PostgreSQL count its rows: until then it plans for empty tables, and pages of large ones time out."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
