"""Operations for migrations of tables that have rows. Migrations of every release import them, so what they do never changes."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex
from django.db.migrations.state import ProjectState
from django.db.utils import NotSupportedError


class AddIndexWithoutLock(AddIndex):
    """An index on a table that processes of the release before are writing to: on PostgreSQL none of them waits for it.

    Its migration does nothing else and says `atomic = False`. Broken off, it may be run again: what is left of the index goes first. SQLite
    builds it as any other, since it has one writer.
    """

    is_without_lock = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Build the index.

        Raises:
            NotSupportedError: The migration runs in a transaction.
        """
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if schema_editor.connection.in_atomic_block:
            raise NotSupportedError(f"Say atomic = False in the migration that builds {self.index.name}.")
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
            schema_editor.execute(self.index.create_sql(model, schema_editor, concurrently=True), params=None)
