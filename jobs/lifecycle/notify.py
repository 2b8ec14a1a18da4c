"""Ringing for a job: a message that says "look at this row". Losing it, doubling it or delaying it changes nothing.

Knows the queue by name only; does not know what a worker does when it hears the bell.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)
TASK = "jobs.ring"
# A request waits this long for the broker; past that the message goes out late or the reaper rings again.
WAIT_S = 1.0


def notify_after_commit(job_id: UUID, queue: str) -> None:
    """Ring once the current transaction is in; at once outside one."""
    transaction.on_commit(partial(notify_workers, job_id, queue))


def notify_workers(job_id: UUID, queue: str) -> None:
    """Ring without ever failing or holding the caller for more than a second.

    Publishing happens in a thread of its own: with the broker gone, connecting may hang for seconds.
    """
    thread = threading.Thread(target=send, args=(job_id, queue), name="doorbell", daemon=True)
    thread.start()
    thread.join(WAIT_S)


def send(job_id: UUID, queue: str) -> bool:
    """Send the message; False when the broker cannot be reached."""
    try:
        current_app.send_task(
            TASK,
            args=[str(job_id)],
            queue=queue,
            # The reaper rings again; old messages need not pile up behind a worker that is away.
            expires=max(4 * settings.JOB_RERING_S, 10),
            ignore_result=True,
            retry=True,
            retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0},
        )
    except Exception as error:
        logger.warning("Could not ring for job %s (%s); the reaper rings again.", job_id, type(error).__name__)
        return False
    return True
