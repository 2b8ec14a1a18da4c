"""Manifest of a backup: every file with its hash, every table with its row count. Pure Python."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from web.errors import Refusal

NAME, FORMAT = "manifest.json", 1
BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    sha256: str
    bytes: int


@dataclass(slots=True)
class Manifest:
    """The backup in words.

    Attributes:
        made_at: ISO time, UTC.
        version: Of the application that made it.
        vendor: `sqlite` or `postgresql`, restored into the same; `any`, restored into either.
        migrations: Applied ones by app, sorted.
        tables: Rows by table, from the very snapshot that was dumped.
        golds: Hash over all golds, which restoring rebuilds and compares.
        key_id: Names the SECRET_KEY that encrypts stored secrets; tells nothing of it.
        without: What was left out on purpose.
        files: Every file by its path inside the backup.
    """

    made_at: str
    version: str
    vendor: str
    migrations: dict[str, list[str]]
    tables: dict[str, int]
    golds: str
    key_id: str
    without: list[str] = field(default_factory=list)
    files: dict[str, ManifestEntry] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)
        (folder / NAME).write_text(text, encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of an unpacked backup.

    Raises:
        Refusal: There is none, or its format is unknown to this version.
    """
    try:
        raw: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if raw.pop("format") != FORMAT:
            raise Refusal("backup_format", "This backup is of a form that this version does not read.")
        files = {path: ManifestEntry(**piece) for path, piece in raw.pop("files").items()}
        return Manifest(**raw, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("no_backup", f"There is no readable {NAME} in it ({type(error).__name__}).") from None


def verify(folder: Path, manifest: Manifest) -> None:
    """Hold every file against the manifest, and the folder against there being others.

    Raises:
        Refusal: Names the first file that is missing, changed or not of the backup.
    """
    paths = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {NAME}
    for path, piece in sorted(manifest.files.items()):
        if path not in paths:
            raise Refusal("backup_broken", f"The backup lacks the file '{path}'.")
        measured = measure(folder / path)
        if measured != piece:
            raise Refusal("backup_broken", f"The file '{path}' is not what the manifest says: it was changed or cut.")
    if extra := sorted(paths - set(manifest.files)):
        raise Refusal("backup_broken", f"The file '{extra[0]}' is not of this backup.")


def measure(path: Path) -> ManifestEntry:
    with path.open("rb") as source:
        return copy(source, None)


def copy(source: IO[bytes], target: IO[bytes] | None) -> ManifestEntry:
    """Copy a stream in blocks, measuring it on the way; without a target it is only measured."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return ManifestEntry(digest.hexdigest(), size)
