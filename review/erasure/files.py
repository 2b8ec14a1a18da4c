"""Frozen files without the rows of an erased person. Knows files and rows of versions; not whose they were.

A file is written anew under a new name, its row points there in the erasing transaction, and the old one goes once that
is committed. What it held stays in the version's manifest as a hash. Tombstones replace texts; equal texts get equal
ones, so that golds rebuild alike.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from jobs.states import FINISHED
from review.datasets import exports
from review.datasets.containers import parquet_of, require_parquet
from review.datasets.removed_samples import tombstones as erased_drafts
from review.models import DatasetFile, DatasetVersion
from review.spec.prompting import fields_hash
from review.spec.schema import Fields

# Of a row of `raw`: what stays as it is, and what stays without its texts. Comments go, and whatever is new.
_WITHOUT_TEXT = ("id", "task", "task_version", "split", "outcomes")
_HISTORIES = ("decisions", "rulings", "preferences")


def rewrite(version: DatasetVersion) -> None:
    """Rewrite the files of a frozen version: `raw` with tombstones for the erased rows, all others without them.

    A student must not learn to write tombstones, so rows to learn from go; `raw` is the record of what was judged, so
    its rows stay and say that they were erased, now or before: an earlier release left comments in them. Runs inside
    `immutability.erasing`, under the version's row lock. Doing it twice changes nothing.

    Raises:
        Refusal: 409, `no_parquet`: it has Parquet files, which this host cannot write. Nothing was changed.
    """
    if DatasetFile.objects.filter(version=version, container="parquet").exists():
        require_parquet()
    erased = {str(pk) for pk in erased_drafts()}
    files = list(DatasetFile.objects.filter(version=version, container="jsonl").order_by("pk"))
    # The files as they are before any is written anew.
    sft = {file.split: file.path for file in files if file.format == "sft"}
    for file in files:
        with tempfile.TemporaryDirectory(prefix="erase-") as folder:
            local = Path(folder) / "rows.jsonl"
            counted = _copy(file, local, erased, sample_ids=sft[file.split] if file.format == "messages" else file.path)
            if counted is None:
                continue
            _serve(file, local, *counted)
            _follow(file, local, Path(folder))
    transaction.on_commit(partial(sweep, [version.pk]))


def sweep(version_ids: Iterable[UUID]) -> int:
    """Delete stored files of these versions that no row points at, but for those still being written; count them.

    Called again it finds what a crash between a commit and its sweep has left.
    """
    gone = 0
    versions = DatasetVersion.objects.filter(Q(frozen_at__isnull=False) | Q(job__state__in=FINISHED))
    for version_id in versions.filter(pk__in=list(version_ids)).values_list("pk", flat=True):
        folder = f"datasets/{version_id}"
        paths_in_use = set(DatasetFile.objects.filter(version=version_id).values_list("path", flat=True))
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in names:
            if f"{folder}/{name}" not in paths_in_use:
                default_storage.delete(f"{folder}/{name}")
                gone += 1
    return gone


def _copy(file: DatasetFile, local: Path, erased: Collection[str], *, sample_ids: str) -> tuple[str, int, int] | None:
    """Copy the lines that stay; sha256, bytes and rows of the copy, or None where no line is about the erased.

    `sample_ids` is the stored file whose lines name the drafts of the same lines here.
    """
    digest, size, rows, is_changed = hashlib.sha256(), 0, 0, False
    with (
        default_storage.open(file.path, "rb") as source,
        default_storage.open(sample_ids, "rb") as named,
        local.open("wb") as target,
    ):
        for line, name in zip(source, named, strict=True):
            kept = _line(file.format, line, name, erased)
            is_changed = is_changed or kept != line
            if kept:
                target.write(kept)
                digest.update(kept)
                size, rows = size + len(kept), rows + 1
    return (digest.hexdigest(), size, rows) if is_changed else None


def _follow(file: DatasetFile, local: Path, folder: Path) -> None:
    """Rewrite the Parquet file of the same rows; versions frozen before there was one have none."""
    twin = DatasetFile.objects.filter(
        version_id=file.version_id, split=file.split, format=file.format, container="parquet"
    ).first()
    if twin is not None:
        with local.open("rb") as lines:
            made = parquet_of(lines, folder, file.split, file.format)
        _serve(twin, made.local, made.sha256, made.bytes, made.rows)


def _serve(file: DatasetFile, local: Path, sha256: str, size: int, rows: int) -> None:
    name = f"datasets/{file.version_id}/{sha256[:16]}.{file.format}.{file.split}.{file.container}"
    with local.open("rb") as handle:
        path = default_storage.save(name, File(handle))
    DatasetFile.objects.filter(pk=file.pk).update(path=path, sha256=sha256, bytes=size, rows=rows)


def _line(format_: str, line: bytes, name: bytes, erased: Collection[str]) -> bytes:
    row = json.loads(name)
    if exports.drafts_of(row).isdisjoint(erased):
        return line
    return exports.line(_raw_tombstone(row)) if format_ == "raw" else b""


def _raw_tombstone(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in _WITHOUT_TEXT if key in row},
        **{key: [_silenced(each) for each in row[key]] for key in _HISTORIES if key in row},
        "record": {"id": row["record"]["id"], "group": "erased", "facts": {}},
        "draft": tombstone_of(row["draft"]),
        "decision": _silenced(row["decision"]),
        "provenance": {**row["provenance"], "note": ""},
    }


def _silenced(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a decision, ruling or preference with its texts erased; its author and time stay."""
    fields = {"fields": entry["fields"] and tombstone_of(entry["fields"])} if "fields" in entry else {}
    return {**entry, **fields, **({"note": ""} if "note" in entry else {})}


_WORD: Final = re.compile(r"\[erased [0-9a-f]{64}\]")


def tombstone_of(fields: Fields) -> Fields:
    """The tombstone of a draft's fields: the same names, and the hash of what stood there in place of every text.

    That of a tombstone is itself.
    """
    if _is_buried(fields):
        return fields
    word = f"[erased {fields_hash(fields)}]"
    return {name: _buried(value, word) for name, value in fields.items()}


def _buried(value: object, word: str) -> Any:
    if isinstance(value, list):
        return [dict.fromkeys(element, word) for element in value[:1] if isinstance(element, dict)]
    return word


def _is_buried(value: object) -> bool:
    if isinstance(value, (dict, list)):
        return all(map(_is_buried, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
