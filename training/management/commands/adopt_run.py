"""`manage.py adopt_run RUN_DIR`: take back a run that was exported and trained elsewhere. Safe to repeat."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.runs.portable import adopt_run
from web.errors import Refusal


class Command(BaseCommand):
    help = "Verify a run directory that came back, and make its run a finished one with its miniature."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("run_dir", type=Path, help="The directory that export_run made, trained to its end.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            adopted = adopt_run.adopt(options["run_dir"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from refusal
        message = "Adopted as" if adopted.is_new else "Nothing to do: adopted before as"
        self.stdout.write(f"{message} {adopted.miniature.slug}.")
