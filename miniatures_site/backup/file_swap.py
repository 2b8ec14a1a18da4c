"""Artefacts and folders of a backup back in their places, in two strokes: laid ready, then put in place.

Folders are copied beside their places and renamed. Object storage cannot rename: there files are only added, under
names that are not in use yet, so staging them is enough. Knows storages and paths, and no table.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from miniatures_site.backup import files, manifest
from miniatures_site.backup.manifest import Manifest, ManifestEntry
from miniatures_site.backup.rollback import Rollback
from web.errors import Refusal


@dataclass(frozen=True, slots=True)
class FolderSwap:
    """A folder laid ready beside the place that it is for."""

    staged: Path
    place: Path


def replaced_folders(source: Path) -> dict[Path, Path]:
    """Folders that a restore would replace, by the folder of the backup that comes there."""
    targets = {source / label: folder for label, folder in files.folders(without_runs=False).items()}
    present = {new: place for new, place in targets.items() if new.is_dir()}
    artefacts = files.artefact_folder()
    # Without artefacts in the backup there are none afterwards.
    return {**present, source / files.ARTEFACTS: artefacts} if artefacts else present


def require_writable(source: Path, backup: Manifest) -> None:
    """Write to every place as a restore would, and remove that again.

    Raises:
        Refusal: A folder cannot be renamed, the storage cannot be reached, written or read, or it holds another file
            under a name of the backup.
    """
    for place in replaced_folders(source).values():
        _require_renamable(place)
    if files.artefact_folder() is None:
        _require_storage()
        _require_no_other(backup)


def stage(source: Path, backup: Manifest, *, stamp: str, undo: Rollback) -> list[FolderSwap]:
    """Copy folders beside their places, and add to object storage what it lacks.

    Returns:
        What `put_in_place` is to rename.
    """
    swaps = []
    for new, place in replaced_folders(source).items():
        swap = FolderSwap(place.with_name(f"{place.name}.restoring-{stamp}"), place)
        undo.add(str(swap.staged), lambda staged=swap.staged: shutil.rmtree(staged, ignore_errors=True))  # type: ignore[misc]
        swap.staged.parent.mkdir(parents=True, exist_ok=True)
        if new.is_dir():
            shutil.copytree(new, swap.staged)
        else:
            swap.staged.mkdir()
        swaps.append(swap)
    if files.artefact_folder() is None:
        for name in sorted(artefacts(backup)):
            _add(source / files.ARTEFACTS / name, name, undo)
    return swaps


def swap_in(swaps: list[FolderSwap], *, stamp: str, undo: Rollback) -> list[str]:
    """Rename folders into their places; what stands there is renamed aside.

    Returns:
        Where the earlier ones lie now.
    """
    asides: list[str] = []
    for swap in swaps:
        aside = swap.place.with_name(f"{swap.place.name}.before-{stamp}")
        undo.add(str(swap.place), lambda swap=swap, aside=aside: _swap_back(swap, aside))  # type: ignore[misc]
        # A link to another disk is not followed, wherever it leads.
        if swap.place.is_symlink() or (swap.place.exists() and any(swap.place.iterdir())):
            swap.place.rename(aside)
            asides.append(str(aside))
        elif swap.place.exists():
            swap.place.rmdir()
        swap.staged.rename(swap.place)
    return asides


def artefacts(backup: Manifest) -> dict[str, ManifestEntry]:
    """Artefacts of a backup by their names in storage."""
    prefix = f"{files.ARTEFACTS}/"
    return {path.removeprefix(prefix): piece for path, piece in backup.files.items() if path.startswith(prefix)}


def measure(name: str) -> ManifestEntry:
    """Hash and size of an artefact in storage."""
    with default_storage.open(name) as stored:
        return manifest.copy(stored, None)


def _swap_back(swap: FolderSwap, aside: Path) -> None:
    # One that is still beside its place has not come there.
    if not swap.staged.exists():
        swap.place.rename(swap.staged)
    if aside.is_symlink() or aside.exists():
        aside.rename(swap.place)
    else:
        swap.place.mkdir(exist_ok=True)


def _add(path: Path, name: str, undo: Rollback) -> None:
    if default_storage.exists(name):
        return  # The same bytes: `require_writable` has read them.
    undo.add(f"the artefact {name}", lambda: default_storage.delete(name))
    with path.open("rb") as opened:
        saved_name = default_storage.save(name, File(opened))
    if saved_name != name:
        default_storage.delete(saved_name)
        raise Refusal("storage_renames", f"The storage of artefacts saved '{name}' as '{saved_name}'.")


def _require_renamable(place: Path) -> None:
    if os.path.ismount(place):
        raise Refusal(
            "place_is_mounted",
            f"A volume is mounted at '{place}', so that folder cannot be renamed aside.",
            hint="Mount the volume one folder above.",
        )
    probe = place.with_name(f".restore-probe-{uuid4().hex[:8]}")
    try:
        probe.mkdir(parents=True)
        probe.rmdir()
    except OSError as error:
        raise Refusal("not_writable", f"The folder '{place.parent}' cannot be written: {error.strerror}.") from None


def _require_storage() -> None:
    name = f"restore-probe-{uuid4().hex}"
    try:
        saved_name = default_storage.save(name, ContentFile(b"probe"))
        with default_storage.open(saved_name) as stored:
            is_same = stored.read() == b"probe"
        default_storage.delete(saved_name)
    except Exception as error:  # Each storage raises errors of its own.
        raise Refusal(
            "storage_unusable",
            f"The storage of artefacts cannot be written and read: {error}",
            hint="Check STORAGE_URL, the bucket and its credentials.",
        ) from error
    if not is_same:
        raise Refusal("storage_unusable", "The storage of artefacts gave other bytes back than were saved.")


def _require_no_other(backup: Manifest) -> None:
    for name, piece in sorted(artefacts(backup).items()):
        if default_storage.exists(name) and (default_storage.size(name) != piece.bytes or measure(name) != piece):
            raise Refusal(
                "storage_differs",
                f"The storage of artefacts holds another file under the name '{name}'.",
                hint="Name an empty bucket or prefix in STORAGE_URL; nothing in object storage is written over.",
            )
