"""Making a backup: database first, then files, then the manifest over both."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from audit import trail
from miniatures_site.backup import archive, databases, files, manifest, portable
from miniatures_site.backup.manifest import Manifest
from review.desk import golds


def create_backup(
    target: Path, *, without_runs: bool = False, portable_change: portable.Change | None = None
) -> Manifest:
    """Write a backup to a new folder or tar file; the installation keeps running meanwhile.

    The database is copied before the files: what is written in between is in storage without a row, which harms
    nothing, while a row without its file would.

    Args:
        target: A place that is free.
        without_runs: Leave the run directories of this host out.
        portable_change: Write rows that SQLite and PostgreSQL both load, changed by this on their way; by default the
            database's own programs copy it.

    Raises:
        Refusal: The place is taken, or the database cannot be dumped.
    """
    with archive.new_archive(target) as folder:
        migrations = applied_migrations()
        name, tables, hashed = databases.dump(folder, look=golds.fingerprint, portable_change=portable_change)
        backup = Manifest(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=app_version(),
            vendor=databases.ANY if portable_change is not None else connection.vendor,
            migrations=migrations,
            tables=tables,
            golds=hashed,
            key_id=key_ids()[0],
            without=["runs"] if without_runs else [],
        )
        backup.files = {
            name: manifest.measure(folder / name),
            **files.copy_artefacts(folder, without_runs=without_runs),
        }
        backup.write(folder)
    trail.record("backup_made", by=None, files=len(backup.files), without_runs=without_runs)
    return backup


def applied_migrations() -> dict[str, list[str]]:
    by_app: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        by_app.setdefault(app, []).append(name)
    return by_app


def key_ids() -> list[str]:
    """Names for the keys that encrypt and sign here, and for earlier ones; nothing of them can be read off a name.

    The suppression list has no earlier keys: where its key is derived from SECRET_KEY, only the present one counts.
    """
    earlier = settings.SECRET_KEY_FALLBACKS if settings.ADDRESS_HMAC_KEY else ()
    pairs = (f"{key}|{settings.ADDRESS_HMAC_KEY}" for key in (settings.SECRET_KEY, *earlier))
    return [hmac.new(pair.encode(), b"miniatures.backup", "sha256").hexdigest()[:16] for pair in pairs]


def app_version() -> str:
    try:
        return version("miniatures")
    except PackageNotFoundError:
        return "unknown"
