"""`manage.py halt [--reason WORDS]`: stop mails, paid calls, pushes and webhooks at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.scheduling import halt as scheduling_halt
from web.errors import Refusal


class Command(BaseCommand):
    help = "Stop all outgoing traffic of the installation. Stopping twice changes nothing; `manage.py resume` ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="why; every member reads it on every page")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            halt = scheduling_halt.halt(by=None, reason=options["reason"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.errors['reason'][0]}") from refusal
        who = halt.by.name if halt.by else "the command line"
        why = f": {halt.reason}" if halt.reason else ""
        self.stdout.write(f"Nothing leaves since {halt.since:%Y-%m-%d %H:%M:%S} UTC, stopped by {who}{why}.")
