"""Celery tasks: do a job on its queue message, and reap on the beat. Each task calls one service."""

from __future__ import annotations

from uuid import UUID

from celery import Task as CeleryTask

from jobs.lifecycle import reaper
from jobs.supervisor import run_job
from web.process.celery_task import celery_task


@celery_task("jobs.ring", bind=True)
def run(self: CeleryTask, job_id: str) -> None:
    """Look at a job's row and do it if it is free."""
    run_job(UUID(job_id), worker=self.request.hostname or "worker")


@celery_task("jobs.reap")
def reap() -> None:
    """Release expired leases and send lost messages again."""
    reaper.tick()
