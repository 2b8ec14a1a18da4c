"""Trial restores: bring a backup back in a scratch database and folder, and record what came of it.

The restore runs in a process of its own whose settings name the scratch places alone, so that nothing of this
installation is within its reach.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.models import BackupTrial
from miniatures_site.backup import archive, manifest
from miniatures_site.backup.files import size_of
from miniatures_site.backup.manifest import Manifest
from web.errors import Refusal

KEPT_TRIALS = 100
LONGEST_PROBLEM = 500
# PostgreSQL cuts longer names.
LONGEST_NAME = 63
# What the process of the trial connects by.
CONNECTION_KEYS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


def verify_backup(source: Path) -> BackupTrial:
    """Restore a backup into scratch places, check what came back, and record the outcome.

    Returns:
        The recorded trial; `problem` says why a backup is not verified.

    Raises:
        Refusal: There is nothing at `source`: a mistyped name is no backup that failed, and rings no alarm.
    """
    if not source.exists():
        raise Refusal("no_backup", f"There is nothing at '{source}'.")
    backup: Manifest | None = None
    problem = ""
    try:
        with _scratch_folder() as part, archive.unpacked(source, near=part) as folder:
            backup = manifest.read(folder)
            _restore(folder, part / "var")
    except Refusal as refusal:
        problem = f"{refusal.message} {refusal.hint}".strip()
    return _record(source, backup, problem)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """An empty folder on the disk of this installation's data, gone after the block."""
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".trial-") as part:
        yield Path(part)


def _restore(backup: Path, var: Path) -> None:
    """Run the trial's process on an unpacked backup.

    Raises:
        Refusal: What it says does not hold, or that it ended without a word.
    """
    var.mkdir()
    with scratch_database(var) as database:
        # On a pipe: the address holds a password, which no list of processes may show.
        order = json.dumps({"backup": str(backup.resolve()), "var": str(var), "database": database})
        done = subprocess.run(
            [sys.executable, "-m", "miniatures_site.backup.trial_process"],
            cwd=settings.BASE_DIR,
            input=order.encode(),
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise Refusal("trial_failed", _last_words(done))


def _last_words(process: subprocess.CompletedProcess[bytes]) -> str:
    if output := process.stdout.decode(errors="replace").strip():
        return output
    lines = process.stderr.decode(errors="replace").strip().splitlines()
    return f"The trial restore ended with status {process.returncode}: {lines[-1] if lines else 'it gave no reason'}"


def _record(source: Path, backup: Manifest | None, problem: str) -> BackupTrial:
    """Write the row of a trial, and drop the oldest rows."""
    row = BackupTrial.objects.create(
        file_name=source.name[:255],
        bytes=size_of(source),
        made_at=_moment(backup.made_at) if backup else None,
        verified_at=None if problem else timezone.now(),
        problem=problem[:LONGEST_PROBLEM],
    )
    newest = BackupTrial.objects.order_by("-id").values_list("pk", flat=True)[:KEPT_TRIALS]
    BackupTrial.objects.exclude(pk__in=list(newest)).delete()
    return row


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else None
    return None


@contextmanager
def scratch_database(folder: Path) -> Iterator[dict[str, Any]]:
    """Settings of an empty scratch database beside the connected one, which is not touched; dropped after the block.

    Raises:
        Refusal: The role may not create databases.
    """
    place = {key: connection.settings_dict[key] for key in CONNECTION_KEYS if key in connection.settings_dict}
    if connection.vendor != "postgresql":
        yield {**place, "NAME": str(folder / "trial.sqlite3")}
        return
    name = f"{str(place['NAME'])[: LONGEST_NAME - 21]}_trial_{uuid4().hex[:12]}"
    _create(name)
    try:
        yield {**place, "NAME": name}
    finally:
        _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(name: str) -> None:
    try:
        _execute(f'CREATE DATABASE "{name}"')
    except DatabaseError as error:
        raise Refusal(
            "no_scratch_database",
            f"No scratch database could be created for the trial restore: {str(error).strip()}.",
            hint="Give the database's role the right CREATEDB, or back up with --no-verify.",
        ) from None


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
