"""`manage.py rebuild_golds`: rebuild all golds from the decisions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from review.desk import golds


class Command(BaseCommand):
    help = "Rebuild all golds from the decisions. The result equals what the decisions wrote at their time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{golds.rebuild()} golds written")
