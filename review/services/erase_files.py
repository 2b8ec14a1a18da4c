"""Frozen files without the rows of an erased person. Knows files and rows of versions; not whose they were.

A file is written anew under a new name, its row points there in the erasing transaction, and the old one goes once that is
committed. What it held stays in the version's manifest as a hash.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from review import exports, tombstones
from review.models import DatasetFile, DatasetVersion


def rewrite(version: DatasetVersion, erased: Collection[str]) -> None:
    """Write the files of a frozen version anew: `raw` with tombstones for the erased rows, all others without them.

    A student must not learn to write tombstones, so rows to learn from go; `raw` is the record of what was judged, so its
    rows stay and say that they were erased. Runs inside `immutability.erasing`, under the version's row lock.

    Args:
        version: The version.
        erased: Ids of the candidates that were erased.
    """
    for file in DatasetFile.objects.filter(version=version).order_by("pk"):
        with tempfile.TemporaryFile() as target:
            counted = _copy(file, target, erased)
            if counted is None:
                continue
            digest, size, rows = counted
            target.seek(0)
            name = f"datasets/{version.pk}/{digest[:16]}.{file.format}.{file.split}.jsonl"
            path = default_storage.save(name, File(target))
        DatasetFile.objects.filter(pk=file.pk).update(path=path, sha256=digest, bytes=size, rows=rows)
    transaction.on_commit(partial(sweep, [version.pk]))


def sweep(version_ids: Iterable[UUID]) -> int:
    """Delete stored files of these versions that no row points at any more; returns how many.

    Called again it finds what a crash between a commit and its sweep has left.
    """
    gone = 0
    for version_id in version_ids:
        folder = f"datasets/{version_id}"
        known = set(DatasetFile.objects.filter(version=version_id).values_list("path", flat=True))
        try:
            names = default_storage.listdir(folder)[1] if known else []
        except FileNotFoundError:
            continue
        for name in names:
            if f"{folder}/{name}" not in known:
                default_storage.delete(f"{folder}/{name}")
                gone += 1
    return gone


def _copy(file: DatasetFile, target: BinaryIO, erased: Collection[str]) -> tuple[str, int, int] | None:
    """Copy the lines that stay; sha256, bytes and rows of the copy, or None where no line is about the erased."""
    digest, size, rows, is_changed = hashlib.sha256(), 0, 0, False
    with default_storage.open(file.path, "rb") as source:
        for line in source:
            kept = _line(file.format, line, erased)
            is_changed = is_changed or kept != line
            if kept:
                target.write(kept)
                digest.update(kept)
                size, rows = size + len(kept), rows + 1
    return (digest.hexdigest(), size, rows) if is_changed else None


def _line(format_: str, line: bytes, erased: Collection[str]) -> bytes:
    row = json.loads(line)
    if str(row["id"]) not in erased:
        return line
    return exports.line(_raw_tombstone(row)) if format_ == "raw" else b""


def _raw_tombstone(row: dict[str, Any]) -> dict[str, Any]:
    decision = row["decision"]
    return {
        **row,
        "record": {**row["record"], "group": "erased", "facts": {}},
        "draft": tombstones.of(row["draft"]),
        "decision": {**decision, "fields": decision["fields"] and tombstones.of(decision["fields"])},
        "provenance": {**row["provenance"], "note": ""},
    }
