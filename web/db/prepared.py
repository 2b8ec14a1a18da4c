"""Statements that PostgreSQL parses and plans once a connection. SQLite keeps its own plans.

Planning a query of the desk takes PostgreSQL longer than answering it. Only statements of `compiled_query` are
prepared: what never changes in them stands in their text, so that one plan for all values may use partial indexes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.backends.utils import CursorWrapper


def cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """Open a cursor whose statements PostgreSQL prepares at their first run; logged and counted like any other's."""
    plain = connection.cursor()
    if connection.vendor != "postgresql":
        cast(Any, plain.cursor).convert_query = _converted
        return plain
    plain.close()
    from web.db.prepared_cursor import PreparedCursor

    raw = cast(Any, connection.connection)
    # Django's own cursors bind on the client and are never prepared, whatever this says.
    raw.prepare_threshold = 0
    return cast(CursorWrapper, cast(Any, connection)._prepare_cursor(PreparedCursor(raw)))


def literal(connection: BaseDatabaseWrapper, value: Any) -> str:
    """Return a constant as SQL text, its percent signs doubled."""
    if connection.vendor == "postgresql":
        from psycopg import sql

        text = sql.Literal(value).as_string(cast(Any, connection.connection))
    else:
        connection.ensure_connection()
        [text] = cast(Any, connection.connection).execute("SELECT quote(?)", [value]).fetchone()
    return str(text).replace("%", "%%")


@cache
def _converted(query: str, *, param_names: None = None) -> str:
    """Return a statement of ours as SQLite takes it; Django's cursor looks it through at each call."""
    return str(SQLiteCursorWrapper.convert_query(cast(Any, None), query))
