"""Write the files and rows of a version. Runs in a job; whatever it leaves behind before the seal can be redone."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from review import dataset_filters, exports
from review.exports import JudgedDraft
from review.models import DatasetFile, DatasetRow, DatasetVersion, Gold
from review.prompting import canonical_json
from review.selectors import datasets as golds
from review.services.datasets.card import card
from review.services.datasets.selection import Selection, select
from review.states import Split

CHUNK = 500
Report = Callable[[int, int], None]


class HashedFile:
    """A temporary file that counts rows and hashes bytes as they are written."""

    def __init__(self, folder: Path, split: str, format_: str) -> None:
        self.split, self.format = split, format_
        self.local = folder / f"{format_}.{split}.jsonl"
        self.handle: BinaryIO = self.local.open("wb")
        self.digest, self.rows, self.bytes = hashlib.sha256(), 0, 0

    def write(self, line: bytes) -> None:
        """Append one line."""
        self.handle.write(line)
        self.digest.update(line)
        self.rows += 1
        self.bytes += len(line)

    def facts(self, path: str) -> dict[str, Any]:
        """What the manifest says of this file."""
        return {
            "split": self.split, "format": self.format, "path": path, "sha256": self.digest.hexdigest(),
            "bytes": self.bytes, "rows": self.rows,
        }  # fmt: skip


def write(version_id: UUID, *, report: Report) -> dict[str, Any]:
    """Select, write the canonical files to storage and the rows to the database.

    Args:
        version_id: A version that is not frozen yet.
        report: Called with (done, total) now and then; may raise to stop.

    Returns:
        What `seal` needs: files, counts, content hash.
    """
    version = DatasetVersion.objects.select_related("dataset__task").get(pk=version_id)
    filters = dataset_filters.parse(version.filters)
    selection = select(version.dataset.task, filters)
    with tempfile.TemporaryDirectory(prefix="freeze-") as folder:
        files = [HashedFile(Path(folder), s.value, f) for f in exports.FORMATS for s in Split]
        _write_rows(version, selection, files, report)
        facts = [_store(version, file) for file in files]
    counts = _counts(selection, files)
    content_hash = hashlib.sha256(
        canonical_json([[f["format"], f["split"], f["sha256"], f["rows"]] for f in facts]).encode()
    ).hexdigest()
    return {"files": facts, "counts": counts, "content_hash": content_hash}


@transaction.atomic
def seal(version_id: UUID, written: dict[str, Any]) -> None:
    """Make a written version immutable; a version that is frozen already stays as it is."""
    version = DatasetVersion.objects.select_for_update().select_related("dataset__task").get(pk=version_id)
    if version.is_frozen:
        return
    DatasetFile.objects.filter(version=version).delete()
    DatasetFile.objects.bulk_create([DatasetFile(version=version, **facts) for facts in written["files"]])
    version.content_hash = written["content_hash"]
    version.counts = written["counts"]
    version.manifest = {
        "files": [{key: f[key] for key in ("format", "split", "sha256", "bytes", "rows")} for f in written["files"]],
        "content_hash": written["content_hash"],
        "filters": version.filters,
    }
    version.frozen_at = timezone.now()
    version.card = card(version)
    version.save()


def _write_rows(version: DatasetVersion, selection: Selection, files: list[HashedFile], report: Report) -> None:
    by_place = {(file.format, file.split): file for file in files}
    with transaction.atomic():
        # An earlier attempt may have left rows of this version behind.
        DatasetRow.objects.filter(version=version).delete()
    done, total = 0, len(selection.kept)
    for chunk in _chunks(selection.kept):
        rows = []
        for gold in _read(chunk):
            line = exports.line(exports.sft_row(gold)) if gold.is_positive else b""
            if line:
                by_place["sft", gold.split].write(line)
            raw = exports.line(exports.raw_row(gold))
            by_place["raw", gold.split].write(raw)
            rows.append(
                DatasetRow(
                    version=version,
                    candidate_id=gold.id,
                    decision_id=gold.decision_id,
                    split=gold.split,
                    row_hash=hashlib.sha256(line or raw).hexdigest(),
                )
            )
        with transaction.atomic():
            DatasetRow.objects.bulk_create(rows)
        done += len(chunk)
        report(done, total)
    for file in files:
        file.handle.close()


def _read(decision_ids: list[str]) -> Iterator[JudgedDraft]:
    """The drafts of these decisions in the order of the ids; a gold taken back meanwhile is gone from the version."""
    found = {gold.decision_id: gold for gold in golds.judged_drafts(Gold.objects.filter(decision_id__in=decision_ids))}
    return (found[decision] for decision in decision_ids if decision in found)


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _store(version: DatasetVersion, file: HashedFile) -> dict[str, Any]:
    """Put a file into storage under a name that holds its hash: a second attempt never changes what a first one wrote."""
    wanted = f"datasets/{version.pk}/{file.digest.hexdigest()[:16]}.{file.format}.{file.split}.jsonl"
    if default_storage.exists(wanted):
        default_storage.delete(wanted)
    with file.local.open("rb") as handle:
        path = default_storage.save(wanted, File(handle))
    return file.facts(path)


def _counts(selection: Selection, files: list[HashedFile]) -> dict[str, Any]:
    written = {file.split: file.rows for file in files if file.format == "raw"}
    return {
        "rows": sum(written.values()),
        "looked_at": selection.looked_at,
        "dropped": dict(selection.dropped),
        "splits": written,
        "sft_splits": {file.split: file.rows for file in files if file.format == "sft"},
        "verdicts": dict(selection.by_verdict),
        "teachers": dict(selection.teachers),
        "origins": dict(selection.origins),
        "reviewers": dict(selection.reviewers),
        "groups": len(selection.groups),
    }
