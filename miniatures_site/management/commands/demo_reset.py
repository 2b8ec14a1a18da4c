"""`manage.py demo_reset`: throw the demo's data away, all of it, and bring it back as it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from miniatures_site import one_machine
from miniatures_site.demo_snapshot import first_start
from miniatures_site.demo_snapshot.first_start import Steps
from web.process import embedded_redis

KEPT = frozenset({"secret-key", "static", "static.stamp"})


class Command(BaseCommand):
    help = "Delete everything under var/ but the secret key, and bring the demo back. Only for the embedded database."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or connection.vendor != "sqlite":
            raise CommandError(
                "This is not a demo: demo-reset works on the embedded SQLite database only. Nothing was deleted."
            )
        if embedded_redis.socket_path(settings.VAR_DIR).exists() and is_answering():
            raise CommandError("Miniatures is running here. Stop it with Ctrl-C first. Nothing was deleted.")
        connection.close()
        for path in Path(settings.VAR_DIR).iterdir() if Path(settings.VAR_DIR).exists() else ():
            if path.name in KEPT:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not first_start.bring_in(Steps(self.stdout.write, is_told=False), say=self.stderr.write):
            call_command("migrate", verbosity=0)
            call_command("load_demo")
        (Path(settings.VAR_DIR) / one_machine.DEMO_LOADED).touch()
        self.stdout.write("The demo is as it was at first.")


def is_answering() -> bool:
    """Return whether the embedded broker of this folder is alive."""
    import redis

    try:
        return bool(
            redis.Redis(unix_socket_path=str(embedded_redis.socket_path(settings.VAR_DIR)), socket_timeout=1).ping()
        )
    except redis.RedisError:
        return False
