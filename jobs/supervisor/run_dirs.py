"""Paths of run directories on this host, below the folder in the settings."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings

from jobs.rundir.attempt import SPEC, log_tail


def run_dir_of(job_id: UUID, fence: int) -> Path:
    """An attempt's directory, whether or not it is on this host."""
    return Path(settings.RUNS_DIR) / str(job_id) / str(fence)


def latest_before(job_id: UUID, fence: int) -> Path | None:
    """The newest directory on this host of an attempt begun earlier than this fence."""
    folder = run_dir_of(job_id, fence).parent
    if not folder.is_dir():
        return None
    fences = [int(path.name) for path in folder.iterdir() if path.name.isdigit() and (path / SPEC).is_file()]
    earlier = [number for number in fences if number < fence]
    return run_dir_of(job_id, max(earlier)) if earlier else None


def end_of_log(job_id: UUID, fence: int, limit_bytes: int = 8000) -> str | None:
    """The end of an attempt's log; None where its directory is not on this host."""
    folder = run_dir_of(job_id, fence)
    return log_tail(folder, limit_bytes) if folder.is_dir() else None
