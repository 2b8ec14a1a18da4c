"""Queries and updates that are compiled once.

Django's own SQL for them is kept, and only its parameters change from call to call.

Building a large queryset and turning it into SQL takes Django several times as long as the database takes to answer.
For the few queries that stand on the way of every decision this keeps the outcome. The rows come back as the very
models, related rows and annotations that the queryset would give.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery

from web.db import prepared

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Value = UUID | datetime | int | str | None
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Sql:
    """A statement, and for each of its parameters the name of the value that it carries."""

    sql: str
    slots: tuple[str, ...]

    @classmethod
    def of(cls, sql: str, parameters: Iterable[Any], stand_ins: Mapping[str, Value]) -> _Sql:
        """Put constants into the text, so that one plan for all calls may use partial indexes.

        SQLite too plans a statement at each call anew where a parameter decides whether a partial index fits.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        names = {_to_parameter(connection, value): name for name, value in stand_ins.items() if value is not None}
        kept = tuple(parameters)
        slots = [names.get(parameter) if isinstance(parameter, Hashable) else None for parameter in kept]
        if missing := set(names.values()) - set(slots):
            raise LookupError(f"not a parameter of the statement: {', '.join(sorted(missing))}")
        texts = ("%s" if name else prepared.literal(connection, value) for name, value in zip(slots, kept, strict=True))
        # A doubled percent sign of the statement itself stays doubled.
        return cls(sql.replace("%%", "%%%%") % tuple(texts), tuple(name for name in slots if name))

    @contextmanager
    def executed(self, values: Mapping[str, Value]) -> Iterator[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        with prepared.cursor(connection) as cursor:
            cursor.execute(self.sql, [_to_parameter(connection, values[name]) for name in self.slots])
            yield cursor


@dataclass(frozen=True, slots=True)
class _Rows(Generic[M]):
    """Maker of models from a statement's rows, related rows and annotations included, as `ModelIterable` makes them.

    Attributes:
        own: Columns of the model itself, and `names` their attributes.
        annotations: Columns by the attribute that each becomes.
        populators: Makers of related rows.
        converters: By column, how its value is read from the database.
    """

    model: type[M]
    own: slice
    names: Sequence[str]
    annotations: Mapping[str, int]
    populators: Sequence[Any]
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]

    @classmethod
    def of(cls, compiler: Any) -> _Rows[M]:
        # Converters refer to a connection: this one, never opened, instead of one that belongs to a thread.
        compiler.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        own = slice(compiler.klass_info["select_fields"][0], compiler.klass_info["select_fields"][-1] + 1)
        return cls(
            compiler.klass_info["model"],
            own,
            [column[0].target.attname for column in compiler.select[own]],
            compiler.annotation_col_map,
            cast(Any, get_related_populators)(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS),
            compiler.get_converters([column[0] for column in compiler.select]),
        )

    def made(self, row: Sequence[Any], connection: BaseDatabaseWrapper) -> M:
        values = list(row)
        for column, (converters, expression) in self.converters.items():
            for convert in converters:
                values[column] = convert(values[column], expression, connection)
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, values[self.own])
        for populator in self.populators:
            populator.populate(values, made)
        for name, column in self.annotations.items():
            setattr(made, name, values[column])
        return made


class CompiledQuery(Generic[M]):
    """A query by its builder, compiled on the first call for each kind of database and each set of fixed arguments.

    Args:
        build: Makes the queryset from fixed arguments (what changes the statement itself: limits, switches) and from
            named values (what becomes its parameters). It must use a value as it is, and never look at what it holds.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self._statements: dict[Hashable, tuple[_Sql, _Rows[M]]] = {}

    def __call__(self, *fixed: Hashable, **values: Value) -> list[M]:
        """Ask.

        Raises:
            LookupError: A value did not become a parameter of the statement as it is.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        key = (connection.vendor, fixed, *((name, type(value)) for name, value in values.items()))
        if key not in self._statements:
            # Two threads at once compile the same statement.
            self._statements[key] = self._compile(fixed, values)
        statement, rows = self._statements[key]
        with statement.executed(values) as cursor:
            return [rows.made(row, connection) for row in cursor.fetchall()]

    def _compile(self, fixed: tuple[Hashable, ...], values: dict[str, Value]) -> tuple[_Sql, _Rows[M]]:
        stand_ins = _stand_ins(values)
        compiler: Any = self._build(*fixed, **stand_ins).query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        return _Sql.of(sql, parameters, stand_ins), _Rows.of(compiler)


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
