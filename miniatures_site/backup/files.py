"""Artefacts and folders of a backup: out of storage and back. Knows storages and paths, and no table."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage

from miniatures_site.backup.manifest import Piece, copy

ARTEFACTS = "artefacts"


def folders(*, without_runs: bool) -> dict[str, Path]:
    """Folders of this host that are no artefacts and still worth keeping, by their name in a backup."""
    kept = {"students": Path(settings.VAR_DIR) / "students"}
    return kept if without_runs else {**kept, "runs": Path(settings.RUNS_DIR)}


def take(target: Path, *, without_runs: bool) -> dict[str, Piece]:
    """Copy artefacts and folders below `target`.

    Returns:
        Each file by its path there. One that vanishes while it is copied is left out: something erased it just now.
    """
    taken: dict[str, Piece] = {}
    for name in sorted(stored(default_storage)):
        path = target / ARTEFACTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with default_storage.open(name) as source, path.open("wb") as out:
                taken[f"{ARTEFACTS}/{name}"] = copy(source, out)
        except FileNotFoundError:
            path.unlink(missing_ok=True)
    for label, folder in folders(without_runs=without_runs).items():
        taken.update(_folder(folder, target / label, label))
    return taken


def stored(storage: Storage, folder: str = "") -> Iterator[str]:
    """Names of all files of a storage."""
    try:
        inner, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in names)
    for each in inner:
        yield from stored(storage, f"{folder}{each}/")


def is_empty() -> bool:
    """Whether this installation has no artefact yet."""
    return next(stored(default_storage), None) is None


def put_back(source: Path, *, stamp: str) -> list[str]:
    """Bring artefacts and folders of a verified backup to their places; what stands there is renamed aside.

    Returns:
        Where the earlier ones lie now.
    """
    aside: list[str] = []
    if isinstance(default_storage, FileSystemStorage) or hasattr(default_storage, "location"):
        aside += _swap(source / ARTEFACTS, Path(str(default_storage.location)), stamp)
    else:
        for path in sorted(each for each in (source / ARTEFACTS).rglob("*") if each.is_file()):
            with path.open("rb") as opened:
                default_storage.save(str(path.relative_to(source / ARTEFACTS)), File(opened))
    for label, folder in folders(without_runs=False).items():
        if (source / label).is_dir():
            aside += _swap(source / label, folder, stamp)
    return aside


def _folder(folder: Path, target: Path, label: str) -> dict[str, Piece]:
    """Copy the plain files of a folder; sockets and links of running engines are no part of a backup."""
    taken: dict[str, Piece] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        inside = path.relative_to(folder)
        out = target / inside
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("rb") as source, out.open("wb") as opened:
                taken[f"{label}/{inside}"] = copy(source, opened)
        except FileNotFoundError:
            out.unlink(missing_ok=True)
    return taken


def _swap(new: Path, place: Path, stamp: str) -> list[str]:
    """Put a folder in its place by renames, so that a crash leaves the old one or the new one, and never a mixture."""
    staged = place.with_name(f"{place.name}.restoring-{stamp}")
    staged.parent.mkdir(parents=True, exist_ok=True)
    if new.is_dir():
        shutil.copytree(new, staged)
    else:
        staged.mkdir()
    aside: list[str] = []
    if place.exists() and any(place.iterdir()):
        old = place.with_name(f"{place.name}.before-{stamp}")
        place.rename(old)
        aside.append(str(old))
    elif place.exists():
        place.rmdir()
    staged.rename(place)
    return aside
