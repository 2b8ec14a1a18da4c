"""Telling workers that a job waits: a message that says "look at this row". The reaper sends what got lost again."""

from __future__ import annotations

import threading
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from web import notify

TASK = "jobs.ring"
# A request waits this long for the broker; past that the message goes out late or the reaper sends it again.
WAIT_S = 1.0
# A message for another host's worker goes round no faster than this.
PASS_ON_AFTER_S = 0.2


def notify_after_commit(job_id: UUID, queue: str) -> None:
    """Tell the workers once the current transaction is in; at once outside one."""
    transaction.on_commit(partial(notify_workers, job_id, queue))


def pass_on_after_commit(job_id: UUID, queue: str) -> None:
    """Send a message on that reached a worker of a host that may not do the job."""
    timer = threading.Timer(PASS_ON_AFTER_S, send, (job_id, queue))
    timer.daemon = True
    transaction.on_commit(timer.start)


def notify_workers(job_id: UUID, queue: str) -> None:
    """Tell the workers without ever failing or holding the caller for more than a second."""
    notify.notify_workers(partial(send, job_id, queue), wait_s=WAIT_S)


def send(job_id: UUID, queue: str) -> bool:
    """Send the message; False when the broker cannot be reached."""
    return notify.send(TASK, str(job_id), queue=queue, expires_s=max(4 * settings.JOB_RERING_S, 10), retries=1)
