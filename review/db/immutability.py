"""Rows that must never change, held by triggers of the database itself, on SQLite and PostgreSQL alike.

Declared once in `GUARDS`, where upper rooms add theirs by `declare`. `post_migrate` puts the triggers back (SQLite
drops them when a migration remakes a table), and a system check of the database tag fails when one is missing. It does
not know why a caller wants to change a row.

While a person is erased some columns may change. No row and no lasting setting says so, as a hand-made one would open
decisions unseen: PostgreSQL compares a setting with the number of the running transaction, SQLite asks a function that
only this program gives its connections, so other programs cannot change those rows at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_VERSION_FROZEN = "(SELECT v.frozen_at FROM review_datasetversion v WHERE v.id = {row}.version_id) IS NOT NULL"

_RECALL_STANDS = (
    "{row}.recall_id IS NULL OR NOT EXISTS (SELECT 1 FROM review_recallundo u WHERE u.recall_id = {row}.recall_id)"
)


@dataclass(frozen=True)
class Guard:
    """Rule that one table refuses some operations on its rows, enforced by triggers.

    Attributes:
        operations: What is refused, of INSERT, UPDATE and DELETE; PostgreSQL refuses TRUNCATE beside.
        condition: SQL that is true for rows under guard, with `{row}` for OLD or NEW; empty guards every row.
        is_sealed_by_update: Whether an update may bring a row under guard, as freezing does; only its old state counts
            then.
        erasable: Columns that may change while a person is erased.
    """

    table: str
    operations: tuple[str, ...]
    condition: str
    why: str
    is_sealed_by_update: bool = False
    erasable: tuple[str, ...] = ()

    def trigger(self, operation: str) -> str:
        return f"{self.table}_refuse_{operation.lower()}"

    def condition_for(self, operation: str) -> str:
        """The condition over the rows an operation has: an update must neither leave nor enter what is frozen."""
        if not self.condition:
            return "1 = 1"
        rows = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[operation]
        if operation == "UPDATE" and self.is_sealed_by_update:
            rows = ("OLD",)
        return " OR ".join(f"({self.condition.format(row=row)})" for row in rows)


# The setting of PostgreSQL and the function of SQLite that say: a person is being erased in this transaction.
_SETTING, _FUNCTION = "miniatures.erasing", "review_is_erasing"
# The table that said so on SQLite before.
_FORMER_FLAG_TABLE = "review_erasing"
_KEPT = "_review_erasing_permission"
_THIS_TRANSACTION = "pg_current_xact_id()::text"

_CHANGES = ("UPDATE", "DELETE")
_ALL = ("INSERT", "UPDATE", "DELETE")
GUARDS: list[Guard] = [
    Guard(
        "review_decision",
        _CHANGES,
        "",
        "A decision never changes: record another one, or retract it.",
        erasable=("fields", "note"),
    ),
    Guard("review_ruling", _CHANGES, "", "A ruling never changes: rule again.", erasable=("note",)),
    Guard(
        "review_preference",
        _CHANGES,
        "",
        "A preference never changes: take it back by another one.",
        erasable=("note",),
    ),
    Guard("review_revocation", ("UPDATE",), "", "A revocation never changes.", erasable=("reason",)),
    Guard(
        "review_revocation", ("DELETE",), _RECALL_STANDS, "A revocation never changes, but by the undo of its recall."
    ),
    Guard("review_recall", _CHANGES, "", "A recall never changes: undo it.", erasable=("reason",)),
    Guard("review_recalleddraft", _CHANGES, "", "What a recall took never changes: undo it."),
    Guard("review_recallundo", _CHANGES, "", "The undo of a recall never changes: recall again."),
    Guard("review_reconsideration", _CHANGES, "", "An answer never changes: answer again."),
    Guard("review_taskversion", _CHANGES, "", "A task version never changes: make the next version."),
    Guard(
        "review_datasetversion",
        _CHANGES,
        "{row}.frozen_at IS NOT NULL",
        "This dataset version is frozen and never changes: freeze the next one.",
        is_sealed_by_update=True,
    ),
    Guard("review_datasetrow", _ALL, _VERSION_FROZEN, "The dataset version of this row is frozen and never changes."),
    Guard("review_unjudgedrow", _ALL, _VERSION_FROZEN, "The dataset version of this row is frozen and never changes."),
    # What the file held stays in the version's manifest; here stands what is served since.
    Guard(
        "review_datasetfile",
        _ALL,
        _VERSION_FROZEN,
        "The dataset version of this file is frozen and never changes.",
        erasable=("path", "sha256", "bytes", "rows"),
    ),
]


def declare(*guards: Guard) -> None:
    """Put tables of an upper room under guard; called from its `AppConfig.ready()`. Declaring twice changes nothing."""
    GUARDS.extend(guard for guard in guards if guard not in GUARDS)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Install every trigger for the tables that exist; those already there are replaced."""
    connection = connections[using]
    tables = _tables(connection)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            _permission(connection)
        for guard in GUARDS:
            if guard.table in tables:
                for statement in _statements(connection, guard):
                    cursor.execute(statement)
        cursor.execute(f"DROP TABLE IF EXISTS {_FORMER_FLAG_TABLE}")


def uninstall(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take every trigger away."""
    connection = connections[using]
    tables = _tables(connection)
    with connection.cursor() as cursor:
        for guard in GUARDS:
            if guard.table in tables:
                for operation in _operations(connection, guard):
                    cursor.execute(_drop(connection, guard, operation))


@contextmanager
def disabled(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let rows change inside the block; for the flush between tests, which empties every table. Not for services."""
    uninstall(using)
    try:
        yield
    finally:
        install(using)


@contextmanager
def erasing(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let the erasable columns change inside the block, for this transaction alone. For `erasure.erase` and its like.

    An error inside rolls back what was changed and the permission with it.
    """
    with transaction.atomic(using=using):
        connection = connections[using]
        with _erasing_postgresql(connection) if connection.vendor == "postgresql" else _permission(connection).given():
            yield


@contextmanager
def _erasing_postgresql(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT set_config('{_SETTING}', {_THIS_TRANSACTION}, true)")
        yield
        cursor.execute(f"SET LOCAL {_SETTING} = ''")


class _Permission:
    """Permission of one SQLite connection to erase a person; its triggers ask for it."""

    def __init__(self) -> None:
        self.is_given = False

    @contextmanager
    def given(self) -> Iterator[None]:
        before, self.is_given = self.is_given, True
        try:
            yield
        finally:
            self.is_given = before


def _permission(connection: BaseDatabaseWrapper) -> _Permission:
    """The permission of what the driver has open now; it is kept on Django's wrapper, which opens one after another."""
    connection.ensure_connection()
    opened: Any = connection.connection
    of, permission = getattr(connection, _KEPT, (None, _Permission()))
    if of is not opened:
        permission = _Permission()
        opened.create_function(_FUNCTION, 0, lambda: int(permission.is_given))
        setattr(connection, _KEPT, (opened, permission))
    return permission


def give_function(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of `connection_created`: let the triggers of SQLite ask whether a person is being erased."""
    if connection.vendor == "sqlite":
        _permission(connection)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of triggers that should be there and are not; of tables that are not made yet, none."""
    connection = connections[using]
    tables = _tables(connection)
    there = _triggers(connection)
    return [
        guard.trigger(operation)
        for guard in GUARDS
        if guard.table in tables
        for operation in _operations(connection, guard)
        if guard.trigger(operation) not in there
    ]


def guarded_tables(using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Tables of which some trigger is there."""
    return {name.rpartition("_refuse_")[0] for name in _triggers(connections[using])}


def install_after_migrate(using: str, **_: Any) -> None:
    """Receiver of `post_migrate`."""
    install(using)


def _operations(connection: BaseDatabaseWrapper, guard: Guard) -> tuple[str, ...]:
    return (*guard.operations, "TRUNCATE") if connection.vendor == "postgresql" else guard.operations


def _statements(connection: BaseDatabaseWrapper, guard: Guard) -> Iterator[str]:
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    for operation in _operations(connection, guard):
        yield _drop(connection, guard, operation)
        yield from make(connection, guard, operation)


def _drop(connection: BaseDatabaseWrapper, guard: Guard, operation: str) -> str:
    on = f" ON {guard.table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER IF EXISTS {guard.trigger(operation)}{on}"


def _sqlite(connection: BaseDatabaseWrapper, guard: Guard, operation: str) -> Iterator[str]:
    condition = guard.condition_for(operation)
    if operation == "UPDATE" and guard.erasable:
        same = " AND ".join(
            f'OLD."{column}" IS NEW."{column}"'
            for column in _columns(connection, guard.table)
            if column not in guard.erasable
        )
        condition = f"({condition}) AND NOT ({_FUNCTION}() AND {same})"
    yield (
        f"CREATE TRIGGER {guard.trigger(operation)} BEFORE {operation} ON {guard.table} FOR EACH ROW "
        f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{guard.why}'); END"
    )


def _postgresql(connection: BaseDatabaseWrapper, guard: Guard, operation: str) -> Iterator[str]:
    name = guard.trigger(operation)
    refuse = f"RAISE EXCEPTION '{guard.why}' USING ERRCODE = 'integrity_constraint_violation';"
    if operation == "TRUNCATE":
        body, scope = refuse, "STATEMENT"
    else:
        back = "OLD" if operation == "DELETE" else "NEW"
        condition = guard.condition_for(operation)
        if operation == "UPDATE" and guard.erasable:
            text = ", ".join(f"'{column}'" for column in guard.erasable)
            same = f"to_jsonb(OLD) - ARRAY[{text}] = to_jsonb(NEW) - ARRAY[{text}]"
            is_on = f"coalesce(current_setting('{_SETTING}', true), '') = {_THIS_TRANSACTION}"
            condition = f"({condition}) AND NOT ({is_on} AND {same})"
        body, scope = f"IF {condition} THEN {refuse} END IF; RETURN {back};", "ROW"
    yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    yield f"CREATE TRIGGER {name} BEFORE {operation} ON {guard.table} FOR EACH {scope} EXECUTE FUNCTION {name}()"


def _tables(connection: BaseDatabaseWrapper) -> set[str]:
    return set(connection.introspection.table_names())


def _columns(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def _triggers(connection: BaseDatabaseWrapper) -> set[str]:
    source = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(source)
        return {row[0] for row in cursor.fetchall()}
