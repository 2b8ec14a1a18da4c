"""What the bell and the clock set going. A task fetches an id and calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import shared_task

from jobs.lifecycle import reaper
from jobs.supervisor import run_job


@shared_task(name="jobs.ring", bind=True, ignore_result=True)
def run(self: Any, job_id: str) -> None:
    """Look at a job's row and do it if it is free."""
    run_job(UUID(job_id), worker=self.request.hostname or "worker")


@shared_task(name="jobs.reap", ignore_result=True)
def reap() -> None:
    """Look after what nobody looks after any more."""
    reaper.reap()
