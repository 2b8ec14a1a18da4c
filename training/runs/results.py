"""Results that a run leaves: its artefact in storage under the hash it was written with, and the row of the miniature.

Called by the kind; idempotent, since an attempt's end may be taken twice after a crash.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from jobs.contracts import ArtefactRef, Result
from review.models import Task
from review.ports import named_models
from training.models import Miniature, TrainingRun
from web.db.keys import free_slug

FOLDERS = {"adapter": "adapter/", "model": "model/"}


def store_artefact(run_id: UUID, result: Result, run_dir: Path) -> dict[str, Any]:
    """Carry the artefact's files to storage; runs outside any transaction.

    Returns:
        The prefix, and each file's path below it, hash and size.
    """
    folder = FOLDERS[str(result.summary["artefact"])]
    prefix = f"miniatures/{run_id}/{manifest(result.artefacts)[:16]}"
    files = []
    for ref in result.artefacts:
        if not ref.path.startswith(folder):
            continue
        name = ref.path.removeprefix(folder)
        store_file(run_dir / ref.path, f"{prefix}/{name}", ref.bytes)
        files.append({"path": name, "sha256": ref.sha256, "bytes": ref.bytes})
    return {"prefix": prefix, "files": files, "manifest": manifest(result.artefacts)}


@transaction.atomic
def conclude_run(run_id: UUID, result: Result, collected: dict[str, Any]) -> None:
    """Write the run's summary and, of a run that succeeded, its miniature. A second call changes nothing."""
    run = TrainingRun.objects.select_related("task", "student").get(pk=run_id)
    if result.outcome != "succeeded":
        return
    TrainingRun.objects.filter(pk=run_id).update(summary=result.summary)
    if Miniature.objects.filter(run=run).exists():
        return
    # Of long names the student's is cut: what is left still tells a task's miniatures apart.
    end = f" · {'LoRA' if run.method == 'lora' else 'full'}, run {run.number}"
    Miniature.objects.create(
        slug=free_slug(Task.objects.all(), f"{run.task.slug}-run-{run.number}-{run.method}", *named_models()),
        name=f"{run.task.name} · {run.student.name}"[: 160 - len(end)] + end,
        task=run.task,
        run=run,
        student=run.student,
        method=run.method,
        storage_prefix=collected["prefix"],
        files=collected["files"],
        manifest_sha256=collected["manifest"],
        bytes=sum(file["bytes"] for file in collected["files"]),
    )


def manifest(artefacts: list[ArtefactRef]) -> str:
    """SHA-256 over the hashes and paths of artefacts, hex; their order does not matter."""
    lines = sorted(f"{ref.sha256}  {ref.path}\n" for ref in artefacts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def store_file(source: Path, name: str, size: int) -> None:
    """Carry one file to storage, unless it is there; `name` holds a hash of what it belongs to."""
    # The prefix holds the hash of the whole, so a file of that name and size is this file, left by an earlier try.
    if default_storage.exists(name):
        if default_storage.size(name) == size:
            return
        default_storage.delete(name)
    with source.open("rb") as handle:
        default_storage.save(name, File(handle))
