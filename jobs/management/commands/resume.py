"""`manage.py resume`: let mails, paid calls, pushes and webhooks leave again after `manage.py halt`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs.scheduling import halt


class Command(BaseCommand):
    help = "End a halt: all work continues from where it stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        was_stopped = halt.resume(by=None)
        self.stdout.write("Outgoing traffic is resumed." if was_stopped else "Nothing had been stopped.")
