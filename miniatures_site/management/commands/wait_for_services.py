"""`manage.py wait_for_services`: end once database, queue and storage answer.

Until then say what does not, and what to do.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from miniatures_site import reachable


class Command(BaseCommand):
    help = "End once database, queue and storage answer; until then print what does not, and how to fix it."
    # A database that is away fails these before anything could be said.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        reachable.wait()
        self.stdout.write("Database, queue and storage answer.")
