"""Statements that PostgreSQL parses and plans once a connection. SQLite keeps its own.

Planning a query of the desk takes PostgreSQL longer than answering it. Only statements of `compiled_query` are
prepared: what never changes in them stands in their text, so that one plan for all values may use partial indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


def cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """Open a cursor whose statements PostgreSQL prepares at their first run; logged and counted like any other's."""
    plain = connection.cursor()
    if connection.vendor != "postgresql":
        return plain
    plain.close()
    from web.db.prepared_cursor import PreparedCursor

    raw = cast(Any, connection.connection)
    # Django's own cursors bind on the client and are never prepared, whatever this says.
    raw.prepare_threshold = 0
    return cast(CursorWrapper, cast(Any, connection)._prepare_cursor(PreparedCursor(raw)))


def rows(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> list[list[tuple[Any, ...]]]:
    """Run a prepared query; return all its rows as one chunk, as `SQLCompiler.execute_sql` returns chunks."""
    with cursor(connection) as prepared:
        prepared.execute(sql, parameters)
        return [prepared.fetchall()]


def literal(connection: BaseDatabaseWrapper, value: Any) -> str:
    """Return a constant as SQL text, its percent signs doubled."""
    from psycopg import sql

    return sql.Literal(value).as_string(cast(Any, connection.connection)).replace("%", "%%")
