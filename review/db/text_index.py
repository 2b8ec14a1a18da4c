"""Database objects of the text index: a GIN index on PostgreSQL, an FTS5 table and its triggers on SQLite.

Put in place by `post_migrate`, because Django cannot declare them and SQLite drops triggers when a migration remakes a
table. The FTS5 table keeps no text of its own: triggers on the rows of `SearchText` follow every insert, change and
delete, whoever makes it. It does not know what is indexed.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

ROWS, FTS, GIN = "review_searchtext", "review_searchfts", "search_texts_words"
_ADD = f"INSERT INTO {FTS}(rowid, words) VALUES (NEW.id, NEW.words);"  # noqa: S608 (names of ours, here and below)
_TAKE = f"INSERT INTO {FTS}({FTS}, rowid, words) VALUES ('delete', OLD.id, OLD.words);"  # noqa: S608
TRIGGERS = {
    f"{ROWS}_indexed": f"AFTER INSERT ON {ROWS} BEGIN {_ADD} END",
    f"{ROWS}_reindexed": f"AFTER UPDATE OF words ON {ROWS} BEGIN {_TAKE} {_ADD} END",
    f"{ROWS}_forgotten": f"AFTER DELETE ON {ROWS} BEGIN {_TAKE} END",
}


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put the index in place where its rows exist; doing it again changes nothing."""
    connection = connections[using]
    if not missing(using):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {GIN} ON {ROWS} USING gin (words)")
            return
        is_new = FTS not in _names(connection, "table")
        if is_new:
            cursor.execute(
                f"CREATE VIRTUAL TABLE {FTS} USING fts5"
                f"(words, content='{ROWS}', content_rowid='id', tokenize='unicode61 remove_diacritics 0')"
            )
        for name, body in TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    if is_new:
        rebuild(using)


def install_after_migrate(using: str, **_: Any) -> None:
    """Receiver of `post_migrate`."""
    install(using)


def rebuild(using: str = DEFAULT_DB_ALIAS) -> None:
    """Rebuild the index from its rows; on PostgreSQL the index is never apart from them."""
    _tell(using, "rebuild")


def purge(using: str = DEFAULT_DB_ALIAS) -> None:
    """Have words of deleted rows leave the file of a SQLite index now, and not when it next merges its parts.

    On PostgreSQL a vacuum does so, as with the rows themselves. Takes seconds at 100,000 drafts.
    """
    _tell(using, "optimize")


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of what should be there and is not; before the rows' own table is made, nothing."""
    connection = connections[using]
    if ROWS not in connection.introspection.table_names():
        return []
    if connection.vendor != "postgresql":
        there = _names(connection, "table") | _names(connection, "trigger")
        return [name for name in (FTS, *TRIGGERS) if name not in there]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [GIN])
        return [] if cursor.fetchone() else [GIN]


def _tell(using: str, command: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {FTS}({FTS}) VALUES (%s)", [command])  # noqa: S608


def _names(connection: BaseDatabaseWrapper, kind: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = %s", [kind])
        return {row[0] for row in cursor.fetchall()}
