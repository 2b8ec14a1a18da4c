"""Make the demo's snapshot, and bring a new installation's demo in from it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from audit.seals import sealing
from demo.data import load
from demo.data.experiment import kept_mails
from miniatures_site import one_machine
from miniatures_site.backup import archive, create, databases, manifest, restore
from miniatures_site.backup.manifest import Manifest
from miniatures_site.demo_snapshot import rows_out
from miniatures_site.demo_snapshot.rows_in import Newcomer
from training.students import registration
from web.errors import Refusal

# Left in the folder of data while a demo is restored: what a killed start left is then replaced.
UNFINISHED = "demo-unfinished"
LARGEST_BYTES = 20_000_000


def make(target: Path) -> Manifest:
    """Back up the connected installation's demo without anything that its keys made.

    Raises:
        Refusal: Something stands at `target`.
        SnapshotError: The demo cannot be told without a key.
    """
    return create.create_backup(target, without_runs=True, portable_change=rows_out.stripped())


def is_first_start() -> bool:
    """Return whether nothing is in the database yet, or what an earlier start left unfinished."""
    return _unfinished().exists() or databases.is_empty()


def restore_demo(source: Path | None = None) -> None:
    """Restore the shipped demo under this installation's keys, with its dates moved to today.

    Args:
        source: By default the shipped snapshot.

    Raises:
        Refusal: It does not fit this version or this installation, which is as it was.
    """
    mark = _unfinished()
    is_again = mark.exists()
    mark.touch()
    try:
        with archive.unpacked(source or one_machine.DEMO_SNAPSHOT, near=mark.parent) as folder:
            made_at = datetime.fromisoformat(manifest.read(folder).made_at)
            restore.restore(folder, force=is_again, change=Newcomer(made_at, now=timezone.now()))
    except Refusal:
        mark.unlink()
        raise


def settle_demo() -> None:
    """Make anew what hangs on this machine: the shipped students' files, the seals, the login and the mailbox."""
    registration.register_demo()
    registration.register_demo_encoder()
    sealing.seal_days()
    load.give_login()
    kept_mails.write()
    _unfinished().unlink(missing_ok=True)


def _unfinished() -> Path:
    return Path(settings.VAR_DIR) / UNFINISHED
