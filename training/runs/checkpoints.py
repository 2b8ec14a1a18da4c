"""Note the saved states of a run as its engine reports them, and have the newest carried where hosts share storage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from training.models import Checkpoint, TrainingRun
from training.runs import checkpoint_upload

MANIFEST = "manifest.json"


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
        transaction.on_commit(lambda: checkpoint_upload.upload_soon(run.pk))


def newest_step(run: TrainingRun) -> int:
    """The step of its newest checkpoint; 0 without one."""
    return Checkpoint.objects.filter(run=run).aggregate(newest=Max("step"))["newest"] or 0


def _manifest_hash(run: TrainingRun, fence: int, path: str) -> str:
    """Hash of the checkpoint's manifest; empty once the engine has pruned it."""
    file = Path(settings.RUNS_DIR) / str(run.job_id) / str(fence) / path / MANIFEST
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
