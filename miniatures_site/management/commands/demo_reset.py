"""`manage.py demo_reset`: throw the demo's data away, all of it, and bring it back as it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from miniatures_site import before_up, one_machine
from miniatures_site.demo_snapshot import first_start
from miniatures_site.demo_snapshot.first_start import Steps

KEPT = frozenset({"secret-key", "static", "static.stamp", before_up.LOCK})


class Command(BaseCommand):
    help = "Delete everything under var/ but the secret key, and bring the demo back. Only for the embedded database."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or connection.vendor != "sqlite":
            raise CommandError(
                "This is not a demo: demo-reset works on the embedded SQLite database only. Nothing was deleted."
            )
        if not before_up.lock_data():
            raise CommandError("Miniatures is running here. Stop it with Ctrl-C first. Nothing was deleted.")
        connection.close()
        for path in Path(settings.VAR_DIR).iterdir():
            if path.name in KEPT:
                continue
            # What a link leads to is not under var/.
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if not first_start.bring_in(Steps(self.stdout.write, is_told=False), say=self.stderr.write):
            call_command("migrate", verbosity=0)
            call_command("load_demo")
        (Path(settings.VAR_DIR) / one_machine.DEMO_LOADED).touch()
        self.stdout.write("The demo is as it was at first.")
