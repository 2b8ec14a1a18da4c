"""What the bell and the clock set going. A task fetches an id and calls one service."""

from __future__ import annotations

from uuid import UUID

from celery import Task as CeleryTask
from celery import shared_task

from jobs.lifecycle import reaper
from jobs.supervisor import run_job


@shared_task(name="jobs.ring", bind=True, ignore_result=True)  # type: ignore[untyped-decorator]
def run(self: CeleryTask, job_id: str) -> None:
    """Look at a job's row and do it if it is free."""
    run_job(UUID(job_id), worker=self.request.hostname or "worker")


@shared_task(name="jobs.reap", ignore_result=True)  # type: ignore[untyped-decorator]
def reap() -> None:
    """Look after what nobody looks after any more."""
    reaper.reap()
