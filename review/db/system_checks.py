"""System checks of `manage.py check`: the triggers that keep rows immutable, and the text index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from review.db import immutability, text_index
from review.db.immutability import missing


def check_triggers(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """System check of the database tag: an error names each missing trigger.

    A table that came under guard with this version has none until `migrate` has run, which asks here first: it is
    passed over while migrations are to be applied. One that has lost some of its triggers never is.
    """
    return [
        Error(
            f"The database '{alias}' lacks the trigger {name}: rows that must never change could be changed.",
            hint="Run 'manage.py migrate --skip-checks', which puts it back.",
            id="review.E001",
        )
        for alias in databases or ()
        for name in _missing(alias)
    ]


def _missing(alias: str) -> list[str]:
    names = missing(alias)
    if not names or not _has_unapplied_migrations(alias):
        return names
    guarded = immutability.guarded_tables(alias)
    return [name for name in names if name.rpartition("_refuse_")[0] in guarded]


def _has_unapplied_migrations(alias: str) -> bool:
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def check_text_index(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """System check of the database tag: an error names each missing part of the text index."""
    return [
        Error(
            f"The database '{alias}' lacks {name}: drafts would not be found by their words.",
            hint="Run 'manage.py migrate --skip-checks', which puts it back, then 'manage.py reindex_drafts'.",
            id="review.E002",
        )
        for alias in databases or ()
        for name in text_index.missing(alias)
    ]
