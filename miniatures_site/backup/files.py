"""Artefacts and folders of a backup: what there is, and copying it out. Knows storages and paths, and no table."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from miniatures_site.backup.manifest import ManifestEntry, copy
from web.disk.stored_names import stored_names

ARTEFACTS = "artefacts"


def folders(*, without_runs: bool) -> dict[str, Path]:
    """Folders of this host that are no artefacts and still worth keeping, by their name in a backup."""
    places = {"students": Path(settings.VAR_DIR) / "students"}
    return places if without_runs else {**places, "runs": Path(settings.RUNS_DIR)}


def artefact_folder() -> Path | None:
    """The folder that the artefacts lie in; none where they lie in object storage."""
    # Object storages have a `location` too: a prefix in their bucket.
    return Path(default_storage.location) if isinstance(default_storage, FileSystemStorage) else None


def size_of(path: Path) -> int:
    """Bytes of a file or of all files in a folder; 0 where there is neither."""
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size if path.exists() else 0


def copy_artefacts(target: Path, *, without_runs: bool) -> dict[str, ManifestEntry]:
    """Copy artefacts and folders below `target`.

    Returns:
        Each file by its path there. One that vanishes while it is copied is left out: something erased it just now.
    """
    entries: dict[str, ManifestEntry] = {}
    for name in sorted(stored_names(default_storage)):
        path = target / ARTEFACTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with default_storage.open(name) as source, path.open("wb") as out:
                entries[f"{ARTEFACTS}/{name}"] = copy(source, out)
        except FileNotFoundError:
            path.unlink(missing_ok=True)
    for label, folder in folders(without_runs=without_runs).items():
        entries.update(_folder(folder, target / label, label))
    return entries


def _folder(folder: Path, target: Path, label: str) -> dict[str, ManifestEntry]:
    """Copy the plain files of a folder; sockets and links of running engines are no part of a backup."""
    entries: dict[str, ManifestEntry] = {}
    # Path.rglob fails where a folder goes while it is listed.
    for path in sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        if path.is_symlink() or not path.is_file():
            continue
        inside = path.relative_to(folder)
        out = target / inside
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("rb") as source, out.open("wb") as opened:
                entries[f"{label}/{inside}"] = copy(source, opened)
        except FileNotFoundError:
            out.unlink(missing_ok=True)
    return entries
