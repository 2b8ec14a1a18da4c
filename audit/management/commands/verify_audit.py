"""`manage.py verify_audit [--known DAY=DIGEST]`: does the audit trail still say what it said when it was sealed?"""

from __future__ import annotations

from contextlib import suppress
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
        digests: dict[date, str] = {}
        for day, digest in map(_known, options["known"]):
            if digests.setdefault(day, digest) != digest:
                raise CommandError(f"--known names {day} twice, with two digests; find out which one was written down.")
        verdict = sealing.verify(digests)
        if verdict.trouble:
            raise CommandError(f"{verdict.trouble} {verdict.days} days hold.")
        words = f"{verdict.days} days with {verdict.rows} rows hold."
        self.stdout.write(f"{words} Newest digest: {verdict.digest}" if verdict.days else "No day is sealed yet.")


def _known(text: str) -> tuple[date, str]:
    day, _, digest = text.partition("=")
    with suppress(ValueError):
        if digest.strip():
            return date.fromisoformat(day), digest.strip().lower()
    raise CommandError(f"--known is '{text}'; write it as 2026-01-31=HEX.")
