"""Checks before a restore touches anything. They change nothing, except for probes that they remove again."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from jobs.scheduling import workers
from miniatures_site.backup import databases, file_swap, files
from miniatures_site.backup.manifest import Manifest
from web.disk.stored_names import stored_names
from web.errors import Refusal

# Left free beside what is copied: journals, and the migrations of an older backup.
SPARE_BYTES = 64 * 1024 * 1024


def require_restorable(folder: Path, backup: Manifest, *, force: bool) -> None:
    """Hold a verified backup against this installation.

    Raises:
        Refusal: It is of another kind of database or of a newer version; the database cannot be reached, is at work or
            not empty; a program, a right to write, or room on a disk is lacking.
    """
    _require_fitting(backup)
    _require_database()
    _require_no_workers()
    _require_empty(force=force)
    databases.require_loadable(folder, backup)
    file_swap.require_writable(folder, backup)
    _require_space(folder, backup)


def _require_fitting(backup: Manifest) -> None:
    if backup.vendor not in (connection.vendor, databases.ANY):
        raise Refusal(
            "other_database",
            f"The backup is of a {backup.vendor} database; this installation has {connection.vendor}.",
            hint="Point DATABASE_URL at a database of the same kind, or make the backup with --portable.",
        )
    if databases.file_name(backup) not in backup.files:
        raise Refusal("backup_broken", f"The backup lacks its database, the file '{databases.file_name(backup)}'.")
    migrations_here = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for app, names in backup.migrations.items():
        if missing := [name for name in names if (app, name) not in migrations_here]:
            raise Refusal(
                "newer_backup",
                f"The backup knows a migration that this version does not: {app}.{missing[0]}.",
                hint=f"It was made by version {backup.version}. Install that version or a later one.",
            )


def _require_database() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise Refusal(
            "no_database", f"The database cannot be reached: {str(error).strip()}.", hint="Check DATABASE_URL."
        ) from None


def _require_no_workers() -> None:
    if _workers():
        raise Refusal("workers_run", "Workers of this installation are running.", hint="Stop it first, then restore.")


def _workers() -> int:
    try:
        return len(workers.present())
    except DatabaseError:
        # No table yet: an installation that was never migrated has no workers.
        connection.close()
        return 0


def _require_empty(*, force: bool) -> None:
    if force:
        return
    if not databases.is_empty():
        raise Refusal(
            "not_empty",
            "This installation has members already.",
            hint="Restore into an empty one, or use restore --force: what is here is then renamed aside.",
        )
    if files.artefact_folder() is None and next(stored_names(default_storage), None) is not None:
        raise Refusal(
            "storage_not_empty",
            "The storage of artefacts is not empty.",
            hint="Name an empty bucket or prefix, or use restore --force: it adds what is missing and keeps the rest.",
        )


def _require_space(folder: Path, backup: Manifest) -> None:
    """Everything is copied before the earlier is renamed aside, so both must fit.

    A PostgreSQL server's disk is its own.
    """
    sizes: dict[int, tuple[Path, int]] = {}
    copies = dict(file_swap.replaced_folders(folder))
    if place := databases.place():
        copies[folder / databases.file_name(backup)] = place
    for source, target in copies.items():
        parent_folder = next(parent for parent in target.absolute().parents if parent.exists())
        disk = parent_folder.stat().st_dev
        sizes[disk] = (parent_folder, sizes.get(disk, (parent_folder, 0))[1] + files.size_of(source))
    for parent_folder, needed in sizes.values():
        free = shutil.disk_usage(parent_folder).free
        if free < needed + SPARE_BYTES:
            raise Refusal(
                "no_space",
                f"The disk of '{parent_folder}' has {free / 1e6:,.0f} MB free; "
                f"restoring wants {(needed + SPARE_BYTES) / 1e6:,.0f} MB.",
                hint="Free that much: what is there now stays beside it until you delete it.",
            )
