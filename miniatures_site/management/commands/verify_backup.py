"""`manage.py verify_backup FILE`: does this backup come back?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from miniatures_site.backup import trial
from web.errors import Refusal
from web.process.soft_end import soft_end


class Command(BaseCommand):
    help = (
        "Restores a backup into a scratch database and folder, "
        "checks what came back and records the outcome (exit status 1)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE", help="what `backup` wrote")

    @soft_end()
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = trial.verify_backup(Path(options["source"]))
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        if done.problem:
            raise CommandError(f"{options['source']} is NOT verified. {done.problem}")
        self.stdout.write(f"{options['source']} is verified: it came back in a scratch database.")
