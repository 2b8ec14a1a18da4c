"""Make the demo's snapshot, and bring a new installation's demo in from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

import demo
from audit.seals import sealing
from demo.data import load
from demo.data.experiment import kept_mails
from miniatures_site.backup import archive, create, databases, manifest, restore
from miniatures_site.backup.manifest import Manifest
from miniatures_site.demo_snapshot import rows_out
from miniatures_site.demo_snapshot.rows_in import Newcomer
from training.students import registration
from web.errors import Refusal

SHIPPED = Path(demo.__file__).parent / "snapshot.tar.zst"
LARGEST_BYTES = 20_000_000
Tell = Callable[[str], None]


def make(target: Path) -> Manifest:
    """Back up the connected installation's demo without anything that its keys made.

    Raises:
        Refusal: Something stands at `target`.
        SnapshotError: The demo cannot be told without a key.
    """
    return create.create_backup(target, without_runs=True, portable_change=rows_out.stripped())


def is_first_start() -> bool:
    """Return whether nothing is in the database yet, so that a demo may be restored into it."""
    return databases.is_empty()


def restore_demo(tell: Tell, *, source: Path = SHIPPED) -> bool:
    """Restore the shipped demo under this installation's keys, with its dates moved to today.

    Args:
        tell: Told each step, and why a snapshot is refused.
        source: The snapshot.

    Returns:
        Whether the demo is there now; the installation is as it was where it is not.
    """
    if not source.exists():
        return False
    try:
        tell("restoring the demo")
        with archive.unpacked(source, near=Path(settings.VAR_DIR)) as folder:
            made_at = datetime.fromisoformat(manifest.read(folder).made_at)
            restore.restore(folder, change=Newcomer(made_at, now=timezone.now()))
    except Refusal as refusal:
        tell(f"the demo's snapshot does not fit this version ({refusal.message}), so the demo is loaded step by step: minutes")
        return False
    tell("sealing its days, and making its login and its mails")
    _settle()
    return True


def _settle() -> None:
    """Make anew what hangs on this machine: the shipped students' files, the seals, the login and the mailbox."""
    registration.register_demo()
    registration.register_demo_encoder()
    sealing.seal_days()
    load.give_login()
    kept_mails.write()
