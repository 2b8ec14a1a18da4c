"""Write the files and rows of a version. Runs in a job; whatever it leaves behind before the seal can be redone."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from review.datasets import (
    data_card,
    dataset_filters,
    export_rows,
    exports,
    mail_outcomes,
    reply_pairs,
    row_changes,
    unjudged,
)
from review.datasets.containers import JsonlFile, ParquetFile, has_parquet
from review.datasets.data_card import card
from review.datasets.exports import JudgedDraft
from review.datasets.inspection import Inspection
from review.datasets.selection import Selection, select
from review.drafts import waiting_marks
from review.models import DatasetFile, DatasetRow, DatasetVersion
from review.spec.prompting import canonical_json
from review.states import Split
from web.disk import full_disk
from web.process.gc_tuning import infrequent_gc
from web.process.prefetch import fast_thread_switching
from webhooks.deliveries import publish

FULL_HINT = "Free some room there, then resume the job; no version was frozen."
RowValues = tuple[str, str | None, str, str]
_INTO = "review_datasetrow (version_id, draft_id, decision_id, split, row_hash)"
_COPY = f"COPY {_INTO} FROM STDIN"
_INSERT = f"INSERT INTO {_INTO} VALUES (%s, %s, %s, %s, %s)"  # noqa: S608 - Nothing in it comes from outside.


def insert_rows(version: DatasetVersion, rows: Sequence[RowValues]) -> None:
    """Insert rows in one transaction, past the models: five plain values a row need none, and they take most time.

    Args:
        version: Not frozen yet; has none of these rows.
        rows: Ids of draft and decision (none where a judge accepted), split and hash of each row.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_COPY) as copy:
                for row in rows:
                    copy.write_row((version.pk, *row))
            return
        cursor.executemany(
            _INSERT,
            [
                (version.pk.hex, draft.replace("-", ""), decision and decision.replace("-", ""), *rest)
                for draft, decision, *rest in rows
            ],
        )


T = TypeVar("T")
Report = Callable[[int, int], None]


def write(version_id: UUID, *, report: Report) -> dict[str, Any]:
    """Select, write the files to storage and the rows to the database, reading each gold once for all formats.

    Args:
        version_id: A version that is not frozen yet.
        report: Called with (done, total) now and then; may raise to stop.

    Returns:
        What `seal` needs: files, counts, content hash, and what was found on the way.

    Raises:
        Refusal: 422 when the filters refuse personal data and there is some, or a company stands in two splits; 507
            when a disk fills up.
    """
    version = DatasetVersion.objects.select_related("dataset__task").get(pk=version_id)
    filters = dataset_filters.parse(version.filters)
    if filters.without_marks or filters.without_checks:
        waiting_marks.mark_all(version.dataset.task)
    with (
        full_disk.refused("the version was written", tempfile.gettempdir(), hint=FULL_HINT),
        infrequent_gc(),
        tempfile.TemporaryDirectory(prefix="freeze-") as folder,
    ):
        selection = select(version.dataset.task, filters)
        files, inspection = VersionFiles(Path(folder)), Inspection(filters, seed=version.dataset.task.seed)
        _write_rows(version, selection, files, report, inspection)
        manifest_part = inspection.report()
        facts = [_store(version, file) for file in files.closed()]
        apart = []
        if filters.unjudged == "take":
            file, manifest_part["unjudged"] = unjudged.write(version, filters, selection, Path(folder))
            apart = [_store(version, file)] if file.rows else []
    counts = {**_counts(selection, files), "change": _change(version), **data_card.provenance(version)}
    if outcomes := mail_outcomes.counts([row.draft for row in selection.rows], filters):
        counts["outcomes"] = outcomes
    manifest_part["left_out"] = selection.left_out()
    return {
        "files": facts,
        "apart": apart,
        "counts": counts,
        "content_hash": content_hash(facts),
        "told": manifest_part,
    }


def content_hash(files: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of `hashed_list`, hex."""
    return hashlib.sha256(hashed_list(files).encode()).hexdigest()


def hashed_list(files: list[dict[str, Any]]) -> str:
    """Return canonical JSON of `[format, split, sha256, rows]` of the JSONL files, by format and split.

    `messages` has the texts of `sft` once more, and no part in it: the same golds give the hash of earlier releases.
    """
    order = {place: number for number, place in enumerate(_places())}
    canonical = [file for file in files if file["container"] == "jsonl" and file["format"] != "messages"]
    canonical.sort(key=lambda file: order[file["format"], file["split"]])
    body = [[file["format"], file["split"], file["sha256"], file["rows"]] for file in canonical]
    return canonical_json(body)


@transaction.atomic
def seal(version_id: UUID, written: dict[str, Any]) -> None:
    """Make a written version immutable; a version that is frozen already stays as it is."""
    version = DatasetVersion.objects.select_for_update().select_related("dataset__task").get(pk=version_id)
    if version.is_frozen:
        return
    DatasetFile.objects.filter(version=version).delete()
    # A job that wrote its files under an earlier release names none apart.
    files = [*written["files"], *written.get("apart", [])]
    DatasetFile.objects.bulk_create([DatasetFile(version=version, **facts) for facts in files])
    version.content_hash = written["content_hash"]
    version.counts = written["counts"]
    file_columns = ("format", "split", "container", "sha256", "bytes", "rows")
    version.manifest = {
        "files": [{key: file[key] for key in file_columns} for file in written["files"]],
        "content_hash": written["content_hash"],
        "filters": version.filters,
        "raw_version": exports.RAW_VERSION,
        **written["told"],
    }
    version.frozen_at = timezone.now()
    version.card = card(version)
    version.save()
    _announce(version)


def _announce(version: DatasetVersion) -> None:
    dataset = version.dataset
    data = {
        "version": str(version.pk),
        "dataset": dataset.slug,
        "number": version.number,
        "content_hash": version.content_hash,
        "rows": version.counts["rows"],
        "splits": version.counts["splits"],
        "api": f"/api/v1/dataset-versions/{version.pk}/",
    }
    publish.publish("dataset_version.frozen", key=str(version.pk), task_slug=dataset.task.slug, data=data)


class VersionFiles:
    """The files of a version while they are written, by split, format and container; and what they count.

    Where Parquet's library is not installed there are only the canonical files.
    """

    def __init__(self, folder: Path) -> None:
        self.jsonl = {(f, s): JsonlFile(folder, s, f) for f, s in _places()}
        self.parquet = {(f, s): ParquetFile(folder, s, f) for f, s in _places()} if has_parquet() else {}
        self.pairs: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()

    def add(self, gold: JudgedDraft) -> str:
        """Write a gold in every format; returns the hash of its row: of `sft`, or of `raw` where there is none."""
        rows, encoder, first = exports.rows(gold), exports.Encoder(), b""
        for format_ in exports.FORMATS:
            for row in rows[format_]:
                line = self.jsonl[format_, gold.split].write(row, encoder)
                if self.parquet:
                    self.parquet[format_, gold.split].write(row, encoder)
                first = first or (line if format_ in ("sft", "raw") else b"")
        self.pairs.update(json.loads(row["meta"])["kind"] for row in rows["dpo"])
        self.labels.update("good" if row["label"] else "bad" for row in rows["kto"])
        return hashlib.sha256(first).hexdigest()

    def closed(self) -> list[JsonlFile | ParquetFile]:
        files: list[JsonlFile | ParquetFile] = [*self.jsonl.values(), *self.parquet.values()]
        for file in files:
            file.close()
        return files


def _places() -> list[tuple[str, str]]:
    return [(format_, split.value) for format_ in exports.FORMATS for split in Split]


def _write_rows(
    version: DatasetVersion, selection: Selection, files: VersionFiles, report: Report, inspection: Inspection
) -> None:
    with transaction.atomic():
        # An earlier attempt may have left rows of this version behind.
        DatasetRow.objects.filter(version=version).delete()
    done, total = 0, len(selection.kept)
    filters = dataset_filters.parse(version.filters)
    golds_read = export_rows.judged(selection.kept, as_of=filters.as_of)
    pairs = reply_pairs.matched(version.dataset.task, filters, [row.draft for row in selection.rows])
    with_outcomes = (mail_outcomes.with_outcomes(chunk, filters) for chunk in golds_read)
    chunks = (reply_pairs.with_pairs(chunk, pairs) for chunk in with_outcomes)

    def write_files(chunk: list[JudgedDraft]) -> list[RowValues]:
        taught = [replace(gold, drops_reasoning=True) for gold in chunk] if version.drops_reasoning else chunk
        golds = inspection.looked(taught)
        return [(gold.id, None if gold.is_machine else gold.decision_id, gold.split, files.add(gold)) for gold in golds]

    # One thread makes the lines of a chunk while this one, which alone speaks with the database, reads the next.
    with fast_thread_switching(), ThreadPoolExecutor(1, "freezing") as writer:
        for rows in _one_behind(writer.submit(write_files, chunk) for chunk in chunks):
            insert_rows(version, rows)
            done = min(done + export_rows.CHUNK, total)
            report(done, total)


def _one_behind(begun: Iterator[Future[T]]) -> Iterator[T]:
    """Yield results in order. The next future is started before the one before is awaited."""
    before: Future[T] | None = None
    for future in begun:
        if before is not None:
            yield before.result()
        before = future
    if before is not None:
        yield before.result()


def _store(version: DatasetVersion, file: JsonlFile | ParquetFile) -> dict[str, Any]:
    """Put a file into storage under a name that holds its hash.

    A second attempt never touches what a first one wrote whole.
    """
    name = path = f"datasets/{version.pk}/{file.sha256[:16]}.{file.format}.{file.split}.{file.container}"
    # Of that name and size it is this file, and another attempt may have sealed it meanwhile.
    is_whole = default_storage.exists(name) and default_storage.size(name) == file.bytes
    if not is_whole:
        default_storage.delete(name)
        with file.local.open("rb") as handle:
            path = default_storage.save(name, File(handle))
    return {
        "split": file.split,
        "format": file.format,
        "container": file.container,
        "path": path,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "rows": file.rows,
    }


def _change(version: DatasetVersion) -> dict[str, Any]:
    """Count rows added, removed and changed since the previous frozen version; empty for the first."""
    before = row_changes.before(version)
    return {"since": before.number, **row_changes.counts(before, version)} if before else {}


def _counts(selection: Selection, files: VersionFiles) -> dict[str, Any]:
    by_format: dict[str, dict[str, int]] = {format_: {} for format_ in exports.FORMATS}
    for (format_, split), file in files.jsonl.items():
        by_format[format_][split] = file.rows
    return {
        **selection.counts(),
        "rows": sum(by_format["raw"].values()),
        "splits": by_format["raw"],
        "sft_splits": by_format["sft"],
        "formats": by_format,
        "pairs": dict(files.pairs),
        "labels": dict(files.labels),
    }
