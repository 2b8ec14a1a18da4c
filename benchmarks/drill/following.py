"""Follow a job to its end after a fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.drill.record import Counts

if TYPE_CHECKING:
    from jobs.models import Job
    from members.models import Member


# After so long without anything more on record a job that met a fault is stuck.
STUCK_AFTER_S = 120


def follow(
    job: Job, counts: Counts, *, by: Member, has_moved: Callable[[], bool], began: float, within_s: float
) -> bool:
    """Watch a job to its end, resuming it once by hand if it fails; returns whether it succeeded in time.

    Args:
        job: It is read anew until it has ended.
        counts: Gets the resuming, and the seconds from `began` until `has_moved` first says so.
        by: Who resumes.
        has_moved: Whether something more was saved than before the fault.
        began: When the fault began, by the monotonic clock.
        within_s: It is to have ended after so long; after `STUCK_AFTER_S` something more must be on record.
    """
    from django.db import connection

    from jobs.lifecycle import control

    connection.close()
    until, is_resumed = time.monotonic() + within_s, False
    while time.monotonic() < until:
        job.refresh_from_db()
        if not counts.recovered_s and has_moved():
            counts.recovered_s.append(time.monotonic() - began)
        if counts.rounds and not counts.recovered_s and time.monotonic() - began > STUCK_AFTER_S:
            break
        if job.state == "succeeded":
            return True
        if job.state == "failed":
            print(f"It failed: {job.error}", flush=True)
            if is_resumed:
                return False
            is_resumed = True
            counts.resumed += 1
            control.resume(job, by=by)
        time.sleep(0.2)
    print(f"It is stuck: {job.state}, {job.waiting_reason}", flush=True)
    return False
