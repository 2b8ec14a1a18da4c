"""`manage.py forget [--dry-run]`: delete now what the clock deletes once an hour, or count it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from miniatures_site.retention import forget
from miniatures_site.retention.forget import RULES


class Command(BaseCommand):
    help = "Delete what is kept for a while only (docs/retention.md). The worker does it once an hour by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what would go and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = forget.count() if options["dry_run"] else forget.forget()
        for rule in RULES:
            period = f"kept for {rule.days:g} days, {rule.setting}" if rule.setting else "kept until they expire"
            self.stdout.write(f"{counts[rule.name]:>10,}  {rule.name} ({period})")
