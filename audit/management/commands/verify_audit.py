"""`manage.py verify_audit [--known DAY=DIGEST]`: does the audit trail still say what it said when it was sealed?"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.seals import sealing


class Command(BaseCommand):
    help = "Recompute every daily seal of the audit trail and name the first row that does not match (exit status 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--known",
            action="append",
            default=[],
            metavar="DAY=DIGEST",
            help="a seal written down elsewhere, as audit_digest printed it; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = sealing.verify(dict(_known(text) for text in options["known"]))
        if verdict.trouble:
            raise CommandError(f"{verdict.trouble} The {verdict.days} days before hold.")
        words = f"{verdict.days} days with {verdict.rows} rows hold."
        self.stdout.write(f"{words} Newest digest: {verdict.digest}" if verdict.days else "No day is sealed yet.")


def _known(text: str) -> tuple[date, str]:
    day, _, digest = text.partition("=")
    try:
        return date.fromisoformat(day), digest.strip().lower()
    except ValueError:
        raise CommandError(f"--known is '{text}'; write it as 2026-01-31=HEX.") from None
