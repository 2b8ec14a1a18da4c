"""`manage.py migrate`: Django's own, which first refuses a database with a history that is not this version's.

The tables of an empty database are made at once.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from miniatures_site import fresh_tables

# Options with which Django's command does something else than apply all migrations.
OTHER_WAYS = ("app_label", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        refuse_unknown_history(alias)
        if not any(options[name] for name in OTHER_WAYS) and fresh_tables.is_empty(alias):
            self._create_tables(alias, is_quiet=not options["verbosity"])
        super().handle(*args, **options)

    def _create_tables(self, alias: str, *, is_quiet: bool) -> None:
        """Make the tables at once, or leave them to Django where a library's migration does not allow it."""
        if not is_quiet:
            self.stdout.write("Making the tables of an empty database.")
        try:
            fresh_tables.create(alias=alias)
        except Exception as error:
            self.stderr.write(f"They are made one migration after the other, which takes minutes: {error}")


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
