"""`manage.py audit_digest`: seal the days of the audit trail that have ended, and say the newest seal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.seals import queries, sealing


class Command(BaseCommand):
    help = (
        "Seals every UTC day of the audit trail that has ended. The beat does so by itself; doing it twice is harmless."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for seal in sealing.seal_days():
            self.stdout.write(f"{seal.day} sealed: {seal.rows} rows, {seal.digest}")
        last = queries.last_seal()
        self.stdout.write(
            f"Newest seal: {last.day}={last.digest}. Keep this line where this server cannot write."
            if last
            else "No day to seal yet: the first is sealed an hour after it has ended (UTC)."
        )
