"""Queries and updates that are compiled once.

Django's own SQL for them is kept, and only its parameters change from call to call.

Building a large queryset and turning it into SQL takes Django several times as long as the database takes to answer.
For the few queries that stand on the way of every decision this keeps the outcome. The rows come back as the very
models, related rows and annotations that the queryset would give.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.query import ModelIterable
from django.db.models.sql import InsertQuery, UpdateQuery

from web.db import prepared

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Value = UUID | datetime | int | str | None
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _CompiledStatement:
    """A compiled queryset; `slots` holds, for each parameter, the name of its value or None where it is fixed."""

    compiler: Any
    sql: str
    parameters: tuple[Any, ...]
    slots: tuple[str | None, ...]
    model: type[Model]


@dataclass(frozen=True, slots=True)
class _Sql:
    """A statement whose rows become no models; `slots` as of `_CompiledStatement`."""

    sql: str
    parameters: tuple[Any, ...]
    slots: tuple[str | None, ...]

    @classmethod
    def of(cls, sql: str, parameters: Iterable[Any], stand_ins: Mapping[str, Value]) -> _Sql:
        return cls(*_with_constants(connections[DEFAULT_DB_ALIAS], sql, parameters, stand_ins))

    @contextmanager
    def executed(self, values: Mapping[str, Value]) -> Iterator[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        filled = [
            _to_parameter(connection, values[name]) if name else value
            for name, value in zip(self.slots, self.parameters, strict=True)
        ]
        with prepared.cursor(connection) as cursor:
            cursor.execute(self.sql, filled)
            yield cursor


class CompiledQuery(Generic[M]):
    """A query by its builder, compiled on the first call for each kind of database and each set of fixed arguments.

    Args:
        build: Makes the queryset from fixed arguments (what changes the statement itself: limits, switches) and from
            named values (what becomes its parameters). It must use a value as it is, and never look at what it holds.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self._statements: dict[Hashable, _CompiledStatement] = {}
        self._lock = threading.Lock()

    def __call__(self, *fixed: Hashable, **values: Value) -> list[M]:
        """Ask.

        Raises:
            LookupError: A value did not become a parameter of the statement as it is.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        key = (connection.vendor, fixed, *((name, type(value)) for name, value in values.items()))
        statement = self._statements.get(key) or self._compile(key, fixed, values)
        adapted = {name: _to_parameter(connection, value) for name, value in values.items()}
        parameters = tuple(
            adapted[name] if name else value for name, value in zip(statement.slots, statement.parameters, strict=True)
        )
        compiler = copy.copy(statement.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda: (statement.sql, parameters)
        if connection.vendor == "postgresql":
            compiler.execute_sql = lambda **_: prepared.rows(connection, statement.sql, parameters)
        queryset: Any = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            model=statement.model,
            _known_related_objects={},
            query=SimpleNamespace(get_compiler=lambda using: compiler),
        )
        return list(ModelIterable(queryset))

    def _compile(self, key: Hashable, fixed: tuple[Hashable, ...], values: dict[str, Value]) -> _CompiledStatement:
        connection = connections[DEFAULT_DB_ALIAS]
        stand_ins = _stand_ins(values)
        queryset = self._build(*fixed, **stand_ins)
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        sql, parameters, slots = _with_constants(connection, sql, parameters, stand_ins)
        # The connection belongs to this thread; each call puts in its own.
        compiler.connection = None
        statement = _CompiledStatement(compiler, sql, tuple(parameters), slots, queryset.model)
        with self._lock:
            self._statements[key] = statement
        return statement


class CompiledExists:
    """Test for any row, compiled on the first call like a `CompiledQuery` and run without making rows.

    Args:
        build: As of `CompiledQuery`. None among its values is part of the statement.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]]) -> None:
        self._build = build
        self._statements: dict[Hashable, _Sql] = {}

    def __call__(self, *fixed: Hashable, **values: Value) -> bool:
        """Ask.

        Raises:
            LookupError: A value did not become a parameter of the statement as it is.
        """
        key = (connections[DEFAULT_DB_ALIAS].vendor, fixed, *((name, type(value)) for name, value in values.items()))
        statement = self._statements.get(key)
        if statement is None:
            # Two threads at once compile the same statement.
            statement = self._statements[key] = self._compile(fixed, values)
        with statement.executed(values) as cursor:
            return cursor.fetchone() is not None

    def _compile(self, fixed: tuple[Hashable, ...], values: dict[str, Value]) -> _Sql:
        stand_ins = _stand_ins(values)
        query: Any = self._build(*fixed, **stand_ins).query.exists()
        sql, parameters = query.get_compiler(using=DEFAULT_DB_ALIAS).as_sql()
        return _Sql.of(sql, parameters, stand_ins)


class CompiledUpdate:
    """An UPDATE by its builder, compiled on the first call for each kind of database and the types of its values.

    Args:
        build: Makes, from named values, the rows to update and what their columns become. It must use a value as it is.
            None is part of the statement. A queryset that joins other tables is not taken; one with `Exists` is.
    """

    def __init__(self, build: Callable[..., tuple[QuerySet[Any], dict[str, Any]]]) -> None:
        self._build = build
        self._statements: dict[Hashable, _Sql] = {}

    def __call__(self, **values: Value) -> int:
        """Update; return how many rows matched.

        Raises:
            LookupError: A value did not become a parameter of the statement as it is.
        """
        key = (connections[DEFAULT_DB_ALIAS].vendor, *((name, type(value)) for name, value in values.items()))
        statement = self._statements.get(key)
        if statement is None:
            # Two threads at once compile the same statement.
            statement = self._statements[key] = self._compile(values)
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), statement.executed(values) as cursor:
            return int(cursor.rowcount)

    def _compile(self, values: dict[str, Value]) -> _Sql:
        stand_ins = _stand_ins(values)
        rows, columns = self._build(**stand_ins)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(columns)
        if query.count_active_tables() > 1:
            raise LookupError("an update of rows that are found by a join is not compiled")
        sql, parameters = query.get_compiler(using=DEFAULT_DB_ALIAS).as_sql()
        return _Sql.of(sql, parameters, stand_ins)


class CompiledInsert(Generic[M]):
    """An INSERT of one row, compiled on the first call.

    Args:
        model: Of the row; its key is made by the application, and no column is computed by the database.
        on_conflict: Passes over a row where one with its unique values is there; `UPDATE` writes `updated` into that
            one, and None raises `IntegrityError`. Signals of the model are not sent.
        unique: Fields that the row to update is found by.
        updated: Fields that are written into it.
    """

    def __init__(
        self,
        model: type[M],
        *,
        on_conflict: OnConflict | None = OnConflict.IGNORE,
        unique: Sequence[str] = (),
        updated: Sequence[str] = (),
    ) -> None:
        self._model, self._on_conflict = model, on_conflict
        self._unique, self._updated = unique, updated
        self._sql: dict[str, str] = {}

    def __call__(self, row: M) -> M:
        """Insert the row; return it as saved."""
        connection = connections[DEFAULT_DB_ALIAS]
        fields = self._model._meta.concrete_fields
        sql = self._sql.get(connection.vendor) or self._compile(row)
        values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), prepared.cursor(connection) as cursor:
            cursor.execute(sql, values)
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return row

    def _compile(self, row: M) -> str:
        unique, updated = (list(map(self._model._meta.get_field, names)) for names in (self._unique, self._updated))
        query = InsertQuery(self._model, on_conflict=self._on_conflict, unique_fields=unique, update_fields=updated)
        query.insert_values(self._model._meta.concrete_fields, [row])
        compiler: Any = query.get_compiler(using=DEFAULT_DB_ALIAS)
        [(sql, _)] = compiler.as_sql()
        self._sql[connections[DEFAULT_DB_ALIAS].vendor] = sql
        return str(sql)


def _with_constants(
    connection: BaseDatabaseWrapper, sql: str, parameters: Iterable[Any], stand_ins: Mapping[str, Value]
) -> tuple[str, tuple[Any, ...], tuple[str | None, ...]]:
    """On PostgreSQL put constants into the statement, so that one plan for all calls may use partial indexes."""
    kept = tuple(parameters)
    slots = _slots(connection, kept, stand_ins)
    if connection.vendor != "postgresql":
        return sql, kept, slots
    texts = ("%s" if name else prepared.literal(connection, value) for name, value in zip(slots, kept, strict=True))
    # A doubled percent sign of the statement itself stays doubled.
    return (
        sql.replace("%%", "%%%%") % tuple(texts),
        tuple(None for name in slots if name),
        tuple(name for name in slots if name),
    )


def _slots(
    connection: BaseDatabaseWrapper, parameters: Iterable[Any], stand_ins: Mapping[str, Value]
) -> tuple[str | None, ...]:
    """Return for each parameter the name of the value it carries, or None where it is fixed."""
    names = {_to_parameter(connection, value): name for name, value in stand_ins.items() if value is not None}
    slots = tuple(names.get(parameter) if isinstance(parameter, Hashable) else None for parameter in parameters)
    if missing := set(names.values()) - set(slots):
        raise LookupError(f"not a parameter of the statement: {', '.join(sorted(missing))}")
    return slots


def _stand_ins(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: _stand_in(value, number) for number, (name, value) in enumerate(values.items())}


def _stand_in(value: Value, number: int) -> Value:
    """A value of the same type that stands nowhere else in the statement."""
    if value is None:
        return None
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return datetime(1901, 1, 1, tzinfo=UTC) + timedelta(days=number)
    if isinstance(value, int):
        # In the range of every column of four bytes: Django asks nothing of the database for a number outside of it.
        return 2_113_929_217 - number
    return f"stand-in {number} {uuid4().hex}"


def _to_parameter(connection: BaseDatabaseWrapper, value: Value) -> Any:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
