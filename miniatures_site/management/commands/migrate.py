"""`manage.py migrate`: Django's own, which first refuses a database with a history that is not this version's."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unknown_history(options["database"])
        super().handle(*args, **options)


def refuse_unknown_history(alias: str) -> None:
    """Refuse a database to which migrations were applied that this version does not have.

    Raises:
        CommandError: Names the first of them and the way out; nothing was changed.
    """
    loader = MigrationLoader(connections[alias], ignore_no_migrations=True)
    ours = {app for app, _ in loader.disk_migrations}
    applied = sorted(key for key in loader.applied_migrations or () if key[0] in ours)
    if strange := [key for key in applied if key not in loader.disk_migrations]:
        raise CommandError(
            f"This database is of another version, newer or from before 0.2.0: it knows {'.'.join(strange[0])}, which "
            "this version does not. Nothing was changed. Use the version it belongs to, or throw a demo away and load "
            "it afresh by: make demo-reset"
        )
