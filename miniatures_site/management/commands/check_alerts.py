"""`manage.py check_alerts`: tell operators what is wrong with the installation, by mail and webhook.

Needs neither beat nor workers.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from miniatures_site.alerts import channels
from miniatures_site.alerts.check import check
from miniatures_site.operations.troubles import Trouble
from web.process import alive


class Command(BaseCommand):
    help = (
        "Print what is wrong with the installation and send it to ALERT_MAILS and ALERT_WEBHOOK_URL; "
        "exit status 1 with alerts."
    )
    # Checks import every page; nothing here needs them, and it runs where much may be broken.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="keep checking at this interval until stopped"
        )

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        if every is not None:
            watch(max(1.0, every))
            return
        troubles = check(in_thread=True)
        for trouble in troubles:
            self.stdout.write(line_of(trouble))
        if any(trouble.alert for trouble in troubles):
            sys.exit(1)
        self.stdout.write("No alerts.")


def line_of(trouble: Trouble) -> str:
    """A trouble in a line, by the name that the runbook has it under."""
    return " ".join(filter(None, [f"{trouble.alert}:" if trouble.alert else "", trouble.message, trouble.hint]))


def watch(every_s: float) -> None:
    """Look again and again until SIGTERM or Ctrl-C; where no channel is set it only waits."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    alive.renew()
    while not stopped.wait(every_s):
        alive.renew()
        if channels.configured():
            check(in_thread=True)
            # One that broke would be asked again and again.
            connections.close_all()
