"""Make the demo's snapshot, and bring a new installation's demo in from it."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

import demo
from audit.seals import sealing
from demo.data import load
from demo.data.experiment import pilots, plan
from jobs.models import Job, JobEvent
from jobs.states import JobState
from miniatures_site import one_machine
from miniatures_site.backup import archive, create, databases, manifest, restore
from miniatures_site.backup.manifest import Manifest
from miniatures_site.demo_snapshot import rows_out
from miniatures_site.demo_snapshot.rows_in import Newcomer
from training.students import registration
from training.students.shipped import SHIPPED
from web.errors import Refusal

# Left in the folder of data while a demo is restored: what a killed start left is then replaced.
UNFINISHED = "demo-unfinished"
LARGEST_BYTES = 20_000_000
RECORDINGS = Path(demo.__file__).parent / "recordings" / "kept"


def make(target: Path) -> Manifest:
    """Back up the connected installation's demo without anything that its keys made.

    Files of recordings are shipped beside the snapshot: it names them by their hash and leaves them out.

    Raises:
        Refusal: Something stands at `target`.
        SnapshotError: The demo cannot be told without a key.
    """
    shipped = _shipped()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".snapshot-") as scratch:
        whole = Path(scratch) / "whole"
        backup = create.create_backup(whole, without_runs=True, portable_change=rows_out.stripped())
        with archive.new_archive(target) as folder:
            for name in (manifest.NAME, *(name for name, piece in backup.files.items() if piece.sha256 not in shipped)):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (whole / name).rename(folder / name)
    return backup


def is_first_start() -> bool:
    """Return whether nothing is in the database yet, or what an earlier start left unfinished."""
    return _unfinished().exists() or databases.is_empty()


def restore_demo() -> None:
    """Restore the shipped demo under this installation's keys, with its dates moved to today.

    Raises:
        Refusal: It does not fit this version or this installation, which is as it was.
    """
    mark = _unfinished()
    is_again = mark.exists()
    mark.touch()
    try:
        with archive.unpacked(one_machine.DEMO_SNAPSHOT, near=mark.parent) as folder:
            backup = manifest.read(folder)
            _add_shipped(folder, backup)
            made_at = datetime.fromisoformat(backup.made_at)
            restore.restore(folder, force=is_again, change=Newcomer(made_at, now=timezone.now()))
    except Refusal:
        mark.unlink()
        raise


def settle_demo() -> None:
    """Make anew what hangs on this machine: the shipped students' files, the seals, the login and the mailbox."""
    for slug in SHIPPED:
        registration.register_shipped(slug)
    # What waits, the serving of its miniatures, begins with this installation.
    JobEvent.objects.filter(job__state=JobState.QUEUED).update(ts=Now())
    Job.objects.filter(state=JobState.QUEUED).update(created_at=Now(), queued_at=Now(), rung_at=Now())
    sealing.seal_days()
    load.give_login()
    pilots.write_again(plan.SLUG)
    _unfinished().unlink(missing_ok=True)


def _add_shipped(folder: Path, backup: Manifest) -> None:
    """Copy files of recordings that the snapshot names; restoring refuses a snapshot that lacks one all the same."""
    shipped = _shipped()
    for name, piece in backup.files.items():
        place = folder / name
        if not place.exists() and piece.sha256 in shipped:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shipped[piece.sha256], place)


def _shipped() -> dict[str, Path]:
    """Files of the demo's recordings by their hash."""
    return {manifest.measure(path).sha256: path for path in RECORDINGS.rglob("*") if path.is_file()}


def _unfinished() -> Path:
    return Path(settings.VAR_DIR) / UNFINISHED
