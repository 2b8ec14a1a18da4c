"""Restoring a backup: everything is verified before anything is touched, and again when it is in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from audit.services import trail
from jobs.models import Job
from jobs.services import presence
from jobs.states import FINISHED
from miniatures_site.backup import archive, databases, files, making, manifest
from miniatures_site.backup.manifest import Manifest
from review import immutability
from review.services import golds
from web.errors import Refusal


@dataclass(slots=True)
class Restored:
    """What came back.

    Attributes:
        backup: Its manifest.
        aside: Where that lies which stood here before.
        golds: How many golds the decisions give.
        jobs: Jobs that were under way when the backup was made; a worker takes them up again.
        is_other_key: Whether this installation has other keys than the one the backup was made on.
    """

    backup: Manifest
    aside: list[str] = field(default_factory=list)
    golds: int = 0
    jobs: int = 0
    is_other_key: bool = False


def restore(source: Path, *, force: bool = False) -> Restored:
    """Bring a backup back into this installation.

    Args:
        source: The folder or tar file.
        force: Restore over an installation that has members; it is renamed aside, never deleted.

    Raises:
        Refusal: The backup is broken, of another database or a newer version; the installation is not empty or its
            workers run; or what came back is not what the manifest says.
    """
    with archive.opened(source, near=Path(settings.VAR_DIR)) as folder:
        backup = manifest.read(folder)
        manifest.verify(folder, backup)
        _require_fitting(backup)
        _require_room(force=force)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        aside = databases.load(folder, stamp=stamp)
        _require_rows(backup)
        aside += files.put_back(folder, stamp=stamp)
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    return _verified(backup, aside)


def _require_fitting(backup: Manifest) -> None:
    if backup.vendor != connection.vendor:
        raise Refusal(
            "other_database",
            f"The backup is of a {backup.vendor} database; this installation has {connection.vendor}.",
            hint="Point DATABASE_URL at a database of the same kind.",
        )
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for app, names in backup.migrations.items():
        if missing := [name for name in names if (app, name) not in known]:
            raise Refusal(
                "newer_backup",
                f"The backup knows a migration that this version does not: {app}.{missing[0]}.",
                hint=f"It was made by version {backup.version}. Install that version or a later one.",
            )


def _require_room(*, force: bool) -> None:
    if _workers():
        raise Refusal("workers_run", "Workers of this installation are running.", hint="Stop it first, then restore.")
    if not databases.is_empty() and not force:
        raise Refusal(
            "not_empty",
            "This installation has members already.",
            hint="Restore into an empty one, or use --force: what is here is then renamed aside.",
        )
    if not files.is_empty() and not hasattr(default_storage, "location"):
        raise Refusal("storage_not_empty", "The storage of artefacts is not empty.", hint="Name an empty bucket.")


def _workers() -> int:
    try:
        return len(presence.present())
    except DatabaseError:
        # No table yet: an installation that was never migrated has no workers.
        connection.close()
        return 0


def _require_rows(backup: Manifest) -> None:
    found = databases.counts()
    for table, rows in backup.tables.items():
        if table in found and found[table] != rows:
            raise Refusal("restored_differs", f"The table {table} has {found[table]} rows; the backup had {rows}.")


def _verified(backup: Manifest, aside: list[str]) -> Restored:
    if gone := immutability.missing():
        raise Refusal("triggers_missing", f"The trigger {gone[0]} is not in place.")
    for path, piece in backup.files.items():
        label, _, name = path.partition("/")
        if label == files.ARTEFACTS:
            with default_storage.open(name) as stored:
                if manifest.copy(stored, None) != piece:
                    raise Refusal("restored_differs", f"The artefact '{name}' is not what the manifest says.")
    written = golds.rebuild()
    if backup.golds and making.golds_hash() != backup.golds:
        raise Refusal("golds_differ", "The decisions give other golds than the backup had.")
    trail.record("restored", by=None, made_at=backup.made_at, version=backup.version)
    under_way = Job.objects.exclude(state__in=FINISHED).count()
    return Restored(backup, aside, written, under_way, is_other_key=backup.key_id != making.key_id())
