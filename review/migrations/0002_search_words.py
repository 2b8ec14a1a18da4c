"""Make the words of the text index a `tsvector` on PostgreSQL; elsewhere they are text."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def as_vector(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE review_searchtext ALTER COLUMN words TYPE tsvector USING to_tsvector('simple', words)"
        )


def as_text(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE review_searchtext ALTER COLUMN words TYPE text USING words::text")


class Migration(migrations.Migration):
    dependencies = [("review", "0001_release_tables")]
    operations = [migrations.RunPython(as_vector, as_text)]
