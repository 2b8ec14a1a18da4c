"""Tables of an empty database, made from the models that a set of migrations leads to.

One migration after the other takes over a minute of a core, since Django renders all models anew for each operation.
What migrations do by code or SQL of their own follows on the empty tables.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor


def create(migrations: Iterable[tuple[str, str]] | None = None, *, alias: str = DEFAULT_DB_ALIAS) -> None:
    """Make the tables in an empty database and record the migrations as applied; all of it or nothing.

    Args:
        migrations: App and name of each migration; those that are not here are passed over. By default all.
    """
    connection = connections[alias]
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.nodes
    chosen = sorted(nodes if migrations is None else set(migrations) & nodes.keys())
    with connection.schema_editor() as editor:
        for model in executor.loader.project_state(chosen).apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for node in chosen:
            for operation in nodes[node].operations:
                if isinstance(operation, RunPython | RunSQL):
                    state = executor.loader.project_state(node)
                    operation.database_forwards(node[0], editor, state, state)
        executor.recorder.ensure_schema()
        for node in chosen:
            executor.record_migration(nodes[node])  # type: ignore[call-arg]  # stubs of another version


def is_empty(alias: str = DEFAULT_DB_ALIAS) -> bool:
    return not connections[alias].introspection.table_names()
