"""Waiting for a job from a command: until it has ended, or nobody works on it."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from jobs.models import Job
from jobs.states import FINISHED, JobState
from web.errors import Refusal

POLL_S: Final = 0.5
IDLE_S: Final = 600.0


def until_ended(job_id: UUID, *, idle_s: float = IDLE_S) -> Job:
    """The job once it has ended. Blocks its thread; call outside any transaction.

    Args:
        idle_s: How long it may wait without running.

    Raises:
        Refusal: 503 `not_worked_on`: it waited so long and no worker ran it.
    """
    idle_since = time.monotonic()
    while True:
        job = Job.objects.get(pk=job_id)
        if job.state in FINISHED:
            return job
        if job.state == JobState.RUNNING:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > idle_s:
            message = (
                f"'{job.title}' is {job.get_state_display().lower()}, and no worker has run it for {idle_s:.0f} s."
            )
            raise Refusal("not_worked_on", message, status=503, hint=f"Start a worker, or see /jobs/{job.pk}/.")
        time.sleep(POLL_S)
