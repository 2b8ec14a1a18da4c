"""`manage.py export_run RUN_ID DEST`: lay a run as a directory that any machine can train, without a database."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from training.models import TrainingRun
from training.runs.portable import export_run
from web.errors import Refusal


class Command(BaseCommand):
    help = "Export a run to train it elsewhere; its job is paused meanwhile. Take it back with adopt_run."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, help="The run's id, as its page's address shows it.")
        parser.add_argument("dest", type=Path, help="A folder that does not exist yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = TrainingRun.objects.select_related("task", "student", "dataset_version").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        try:
            sealed = export_run.export(run, options["dest"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from refusal
        self.stdout.write(f"{run}: {len(sealed.files)} files in {options['dest']}. Its README says how to go on.")
