"""Note the checkpoints of a run, upload them to storage, and fetch them where another host takes it over.

Uploads happen where artefacts lie in a storage that hosts share (S3); in a folder of one host they would only fill the
disk twice. One thread of a worker uploads one checkpoint at a time, always the newest: a run never waits for it, and a
checkpoint that was not uploaded in time is superseded by the next.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connections, transaction
from django.db.models import Max

from jobs.models import Job
from jobs.rundir.durable import link_or_copy, sha256_of
from jobs.states import JobState
from jobs.supervisor import run_dirs
from training.inputs import run_inputs
from training.models import Checkpoint, TrainingRun
from training.runs import results
from web.disk.stored_names import stored_names
from web.errors import Refusal

logger = logging.getLogger(__name__)
MANIFEST, CHECKPOINTS, LINKED_FOLDER = "manifest.json", "checkpoints", ".carried"
# The newest may be damaged on its way; the one before it then serves.
KEPT_UPLOADS: Final = 2
_waiting: queue.SimpleQueue[UUID] = queue.SimpleQueue()
_uploader: list[threading.Thread] = []
_lock = threading.Lock()


@dataclass(frozen=True)
class ReportedCheckpoint:
    """Report of an engine on a checkpoint: the step, and its path below the run directory."""

    step: int
    path: str
    at: datetime


def record_checkpoints(run: TrainingRun, saved: Sequence[ReportedCheckpoint], *, fence: int) -> None:
    """Remember checkpoints; one step of a run is one row, and the latest attempt's files count.

    Called inside the transaction that stores the events, once or more for the same events.

    Args:
        fence: The attempt whose directory holds the files.
    """
    for each in saved:
        Checkpoint.objects.update_or_create(
            run=run,
            step=each.step,
            defaults={
                "fence": fence,
                "path": each.path,
                "manifest_sha256": _manifest_hash(run, fence, each.path),
                "created_at": each.at,
                "stored": [],
            },
        )
    if saved:
        transaction.on_commit(lambda: upload_soon(run.pk))


def newest_step(run: TrainingRun) -> int:
    """The step of its newest checkpoint; 0 without one."""
    return Checkpoint.objects.filter(run=run).aggregate(newest=Max("step"))["newest"] or 0


def _manifest_hash(run: TrainingRun, fence: int, path: str) -> str:
    """Hash of the checkpoint's manifest; empty once the engine has pruned it."""
    file = run_dirs.run_dir_of(run.job_id, fence) / path / MANIFEST
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def is_wanted() -> bool:
    """Return whether checkpoints go to storage: `CHECKPOINTS_IN_STORAGE`, or where unset, whether hosts share it."""
    setting: bool | None = settings.CHECKPOINTS_IN_STORAGE
    return not isinstance(default_storage, FileSystemStorage) if setting is None else setting


def upload_soon(run_id: UUID) -> None:
    """Queue a run's newest checkpoint for upload; returns at once."""
    if not is_wanted():
        return
    with _lock:
        if not _uploader or not _uploader[0].is_alive():
            _uploader[:] = [threading.Thread(target=_upload_loop, name="checkpoints", daemon=True)]
            _uploader[0].start()
    _waiting.put(run_id)


def upload_newest(run_id: UUID) -> Checkpoint | None:
    """Upload the newest whole checkpoint of a run on this host, and drop older ones from storage.

    Returns:
        The checkpoint; None where there is none here, the newest was carried before, or the run is over.
    """
    if _is_over(run_id):
        return None
    try:
        return _upload_newest(run_id)
    finally:
        # A run that ended meanwhile has dropped what was there before.
        if _is_over(run_id):
            delete_uploaded(run_id)


def _upload_newest(run_id: UUID) -> Checkpoint | None:
    for checkpoint in Checkpoint.objects.filter(run_id=run_id).select_related("run").order_by("-step"):
        if checkpoint.stored:
            return None
        if not _folder(checkpoint).is_dir():
            continue
        with _linked_copy(_folder(checkpoint)) as folder:
            if folder is None:
                continue
            files = _upload_files(folder, checkpoint.storage_prefix)
        # An attempt that began since has its own files for this step, under another prefix.
        if not Checkpoint.objects.filter(pk=checkpoint.pk, fence=checkpoint.fence).update(stored=files):
            return None
        for old in Checkpoint.objects.filter(run_id=run_id).exclude(stored=[]).order_by("-step")[KEPT_UPLOADS:]:
            _delete_files(old)
        checkpoint.refresh_from_db()
        return checkpoint
    return None


def fetch_newest(run: TrainingRun, run_dir: Path) -> int | None:
    """Lay a run's newest checkpoint from storage into a fresh run directory, where it is newer than what is whole here.

    Every file is verified; a damaged checkpoint gives way to the one before.

    Returns:
        Its step; None where there is nothing newer.
    """
    attempts = run_dirs.run_dir_of(run.job_id, 0).parent
    here = sorted(attempts.glob(f"*/{CHECKPOINTS}/step-*"), key=lambda path: path.name, reverse=True)
    whole = next((int(path.name.removeprefix("step-")) for path in here if _is_whole(path)), 0)
    newer = Checkpoint.objects.filter(run=run, step__gt=whole).exclude(stored=[]).order_by("-step")
    for checkpoint in newer:
        target = run_dir / CHECKPOINTS / f"step-{checkpoint.step:08d}"
        if _download_files(checkpoint, target):
            return checkpoint.step
        logger.warning("Checkpoint %s of run %s is damaged in storage and was passed over.", checkpoint.step, run.pk)
        shutil.rmtree(target)
    return None


def delete_uploaded(run_id: UUID) -> None:
    """Drop all of a run's checkpoints from storage: it has ended and needs none.

    Files that no row tells of go too: those of an attempt that another took over, or of an upload that broke off.
    """
    Checkpoint.objects.filter(run_id=run_id).update(stored=[])
    for name in stored_names(default_storage, f"checkpoints/{run_id}/"):
        with suppress(OSError):
            default_storage.delete(name)


def _is_over(run_id: UUID) -> bool:
    """Return whether a run never goes on: one that failed may be resumed."""
    return Job.objects.filter(training_run=run_id, state__in=(JobState.SUCCEEDED, JobState.CANCELLED)).exists()


def _upload_loop() -> None:
    while True:
        run_id = _waiting.get()
        try:
            upload_newest(run_id)
        except Exception:
            # The next checkpoint is carried instead; the run itself lacks nothing.
            logger.exception("A checkpoint of run %s could not be carried to storage.", run_id)
        finally:
            connections.close_all()


def _folder(checkpoint: Checkpoint) -> Path:
    return run_dirs.run_dir_of(checkpoint.run.job_id, checkpoint.fence) / checkpoint.path


@contextmanager
def _linked_copy(folder: Path) -> Iterator[Path | None]:
    """Link the folder under a second name, so that its engine may prune it meanwhile; None where it is incomplete."""
    held = folder.parent.parent / LINKED_FOLDER / folder.name
    shutil.rmtree(held, ignore_errors=True)
    held.mkdir(parents=True)
    try:
        yield held if _linked(folder, held) else None
    finally:
        shutil.rmtree(held, ignore_errors=True)


def _linked(folder: Path, held: Path) -> bool:
    try:
        for file in folder.iterdir():
            link_or_copy(file, held / file.name)
    except FileNotFoundError:
        return False
    return (held / MANIFEST).is_file()


def _upload_files(folder: Path, prefix: str) -> list[dict[str, Any]]:
    hashes: dict[str, str] = json.loads((folder / MANIFEST).read_bytes())["files"]
    hashes = {**hashes, MANIFEST: hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()}
    files = []
    for name, digest in sorted(hashes.items()):
        size = (folder / name).stat().st_size
        results.store_file(folder / name, f"{prefix}/{name}", size)
        files.append({"path": name, "sha256": digest, "bytes": size})
    return files


def _download_files(checkpoint: Checkpoint, target: Path) -> bool:
    try:
        run_inputs.stored_files(checkpoint.storage_prefix, checkpoint.stored, target)
    except Refusal:
        return False
    return True


def _is_whole(folder: Path) -> bool:
    try:
        hashes = json.loads((folder / MANIFEST).read_bytes())["files"].items()
        return all(sha256_of(folder / name) == digest for name, digest in hashes)
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _delete_files(checkpoint: Checkpoint) -> None:
    Checkpoint.objects.filter(pk=checkpoint.pk).update(stored=[])
    for file in checkpoint.stored:
        with suppress(OSError):
            default_storage.delete(f"{checkpoint.storage_prefix}/{file['path']}")
