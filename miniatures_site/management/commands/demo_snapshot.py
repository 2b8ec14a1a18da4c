"""`manage.py demo_snapshot [TO]`: load the demo from nothing in a scratch folder, and write its snapshot."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.data import clock, load
from miniatures_site import one_machine
from miniatures_site.backup import archive
from miniatures_site.demo_snapshot import snapshot
from miniatures_site.demo_snapshot.rows_out import SnapshotError
from web.errors import Refusal

# What would lead the scratch installation to another database, store or key.
OTHER_PLACES = ("DATABASE_URL", "STORAGE_URL", "MINIATURES_HOME", "ADDRESS_HMAC_KEY", "SITE_URL", "RUNS_DIR")


class Command(BaseCommand):
    help = "Loads the demo from nothing in a scratch folder and writes its snapshot, which a first start restores."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "to", nargs="?", default=str(one_machine.DEMO_SNAPSHOT), help="by default the one that is shipped"
        )
        # The scratch installation's own process.
        parser.add_argument("--here", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, to: str, here: bool, **options: Any) -> None:
        target = Path(to).resolve()
        if here:
            self.load_and_write(target)
            return
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="miniatures-demo-") as scratch:
            snapshot_file = Path(scratch) / target.name
            self.run_in(Path(scratch) / "var", snapshot_file)
            made = snapshot_file.read_bytes()
            # A `.tar` is for comparing, and stays as it is.
            packed = archive.smallest(made) if target.suffix == archive.ZST else made
            size = len(packed)
            if target.suffix == archive.ZST and size > snapshot.LARGEST_BYTES:
                raise CommandError(f"The snapshot has {size:,} bytes; at most {snapshot.LARGEST_BYTES:,} are shipped.")
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(packed)
            part.replace(target)
        self.stdout.write(f"{target}: {size / 1e6:.1f} MB, made in {time.monotonic() - began:.0f} s.")

    def run_in(self, var: Path, snapshot_file: Path) -> None:
        """Load and write in a process whose settings name the scratch folder alone.

        Raises:
            CommandError: It did not succeed; it has said why.
        """
        var.mkdir()
        environment = {name: value for name, value in os.environ.items() if name not in OTHER_PLACES}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
            "VAR_DIR": str(var),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "BROKER_URL": "memory://",
            "LOG_LEVEL": "ERROR",
        }
        line = [sys.executable, "-m", "django", "demo_snapshot", str(snapshot_file), "--here"]
        if subprocess.run(line, cwd=settings.BASE_DIR, env=environment, check=False).returncode:
            raise CommandError("The demo could not be loaded, so no snapshot was made.")

    def load_and_write(self, target: Path) -> None:
        """Migrate, load the demo by its loaders, and back it up."""
        with clock.running():
            # Teachers and prices, which it brings, are there before the demo's first day.
            clock.set_to(clock.days_ago(load.FIRST_DAY + 1))
            call_command("migrate", verbosity=0)
        call_command("load_demo", stdout=self.stdout)
        try:
            snapshot.make(target)
        except (Refusal, SnapshotError) as error:
            raise CommandError(str(error)) from error
