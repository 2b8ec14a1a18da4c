"""The part of an evidence file on what a miniature learnt from: task versions, decisions, and the frozen dataset version.

Members stand by their id, as in the audit trail. Texts come in only with the dataset's rows, as its files hold them now:
what was erased from them is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from review.datasets import files, queries, removed_samples
from review.models import DatasetFile, DatasetRow, DatasetVersion, Decision, Task, TaskVersion
from review.spec.task_spec import TaskSpec

BLOCK_BYTES = 1 << 18
_DECISION = ("pk", "draft_id", "draft__fields_hash", "draft__task_version__number", "reviewer_id", "verdict", "reasons")
_MORE = (
    "ratings",
    "seconds",
    "created_at",
    "is_late",
    "retracts_id",
    "bulk_id",
    "imported_from_id",
    "edit_size",
    "note",
)


def task_versions(task: Task, numbers: set[int]) -> Iterator[dict[str, Any]]:
    """Yield the versions a miniature rests on, with their substance."""
    for version in TaskVersion.objects.filter(task=task, number__in=numbers).order_by("number"):
        yield {
            "number": version.number,
            "content_hash": version.content_hash,
            "made_at": version.created_at.isoformat(),
            "made_by": _id(version.created_by_id),
            "body": version.body,
        }


def guideline(spec: TaskSpec) -> str:
    """Return what reviewers were told, of the newest version among the rows."""
    return f"{spec.guideline.strip() or 'This task version has no guideline.'}\n"


def version_facts(version: DatasetVersion) -> dict[str, Any]:
    """Return a frozen version: its hash, its manifest, and what its files are now."""
    served = files_of(version)
    return {
        "id": str(version.pk),
        "dataset": version.dataset.slug,
        "number": version.number,
        "frozen_at": version.frozen_at.isoformat() if version.frozen_at else None,
        "filters": version.filters,
        "content_hash": version.content_hash,
        "manifest": version.manifest,
        "rows": version.counts.get("rows"),
        **{f"{kind}_rows": n for kind, n in removed_samples.removed_counts(version).items()},
        # Another hash than the manifest's: written anew without people who were erased.
        "files_now": [
            {"format": file.format, "split": file.split, "sha256": file.sha256, "rows": file.rows} for file in served
        ],
    }


def row_hashes(version: DatasetVersion) -> Iterator[dict[str, Any]]:
    """Yield every frozen row by its hash; the text of one that was erased is a tombstone."""
    rows = DatasetRow.objects.filter(version=version).order_by("draft_id")
    columns = ("draft_id", "decision_id", "split", "row_hash", "draft__erased_at")
    for draft, decision, split, digest, erased in rows.values_list(*columns).iterator(chunk_size=1000):
        yield {
            "draft": str(draft),
            # None where a judge accepted the draft and no person did.
            "decision": _id(decision),
            "split": split,
            "sha256": digest,
            "is_erased": erased is not None,
        }


def decisions(version: DatasetVersion, *, with_notes: bool) -> Iterator[dict[str, Any]]:
    """Yield every decision of the task until the version was frozen, with its reasons, in the order of time.

    Args:
        version: Frozen.
        with_notes: Whether remarks come too; they are free text.
    """
    in_version = DatasetRow.objects.filter(version=version, decision=OuterRef("pk"))
    rows = Decision.objects.filter(task=version.dataset.task_id, created_at__lte=version.frozen_at)
    rows = rows.annotate(is_in_dataset=Exists(in_version)).order_by("created_at", "pk")
    for row in rows.values(*_DECISION, *_MORE, "is_in_dataset").iterator(chunk_size=1000):
        yield {
            "id": str(row["pk"]),
            "draft": str(row["draft_id"]),
            "draft_sha256": row["draft__fields_hash"],
            "task_version": row["draft__task_version__number"],
            "reviewer": str(row["reviewer_id"]),
            "verdict": row["verdict"],
            "reasons": row["reasons"],
            "ratings": row["ratings"],
            "seconds": row["seconds"],
            "at": row["created_at"].isoformat(),
            "is_late": row["is_late"],
            "retracts": _id(row["retracts_id"]),
            "bulk": _id(row["bulk_id"]),
            "imported_from": _id(row["imported_from_id"]),
            "edit_size": row["edit_size"],
            "is_in_dataset": row["is_in_dataset"],
            **({"note": row["note"]} if with_notes else {}),
        }


def files_of(version: DatasetVersion) -> list[DatasetFile]:
    """Return the canonical files of a version's rows."""
    return [file for file in queries.files_of(version) if file.container == "jsonl"]


def blocks(file: DatasetFile) -> Iterator[bytes]:
    """Yield the bytes of a stored file."""
    with files.open_at(file.path) as handle:
        while block := handle.read(BLOCK_BYTES):
            yield block


def _id(value: object) -> str | None:
    return str(value) if value else None
