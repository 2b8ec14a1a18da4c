"""`manage.py restore FROM [--force]`: a backup back into this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from miniatures_site.backup import restore
from web.errors import Refusal
from web.process.soft_end import soft_end


class Command(BaseCommand):
    help = "Verifies a backup, brings it back, installs the triggers and verifies again. Stop web and workers first."
    # The database may be empty, or about to be replaced.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FROM", help="what `backup` wrote")
        parser.add_argument(
            "--force", action="store_true", help="over an installation with members, which is renamed aside"
        )

    @soft_end()
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restore.restore(Path(options["source"]), force=options["force"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        rows = sum(done.backup.tables.values())
        self.stdout.write(
            f"Restored the backup of {done.backup.made_at}: {rows:,} rows, {len(done.backup.files):,} files, "
            f"{done.golds:,} golds."
        )
        for place in done.aside:
            self.stdout.write(f"What was here before: {place}")
        if done.moved:
            self.stdout.write(f"Students that are now in this installation's folder: {', '.join(done.moved)}.")
        if done.jobs:
            self.stdout.write(f"{done.jobs} jobs were under way; a worker takes them up again when it starts.")
        if done.is_other_key:
            self.stdout.write(
                "SECRET_KEY or ADDRESS_HMAC_KEY differ from those of the backup: authenticator apps must be removed by "
                "an admin and set up again (docs/members.md), stored webhook secrets cannot be read, the suppression "
                "list does not recognise its addresses."
            )
