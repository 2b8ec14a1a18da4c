"""A cursor of psycopg that binds on the server. It is a module of its own, since only PostgreSQL brings psycopg."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg import ClientCursor

_Cursor: Any = ServerBindingCursor


class PreparedCursor(_Cursor):  # type: ignore[misc]
    """Binds on the server; tells Django's query log the statement with its values, as a client's cursor does."""

    _statement: tuple[Any, Any] = ("", None)

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        self._statement = query, params
        return super().execute(query, params, **options)

    @property
    def _query(self) -> Any:
        return SimpleNamespace(query=ClientCursor(self.connection).mogrify(*self._statement).encode())

    @_query.setter
    def _query(self, query: Any) -> None:
        """Psycopg keeps the statement without its values here; nothing reads it."""
