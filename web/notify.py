"""Telling workers that a row waits for them. Losing such a message, doubling it or delaying it changes nothing.

The row is the truth: a worker that gets the message looks at the row, and a clock sends it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from celery import current_app

logger = logging.getLogger(__name__)


def notify_workers(send_message: Callable[[], object], *, wait_s: float = 0.5) -> None:
    """Send a message without failing and without holding the caller for longer than `wait_s`.

    It is sent from a thread of its own: with the broker gone, connecting may hang for seconds.
    """
    # With the fields of the log, which name the request.
    run = copy_context().run
    thread = threading.Thread(target=run, args=(send_message,), name="notify-workers", daemon=True)
    thread.start()
    thread.join(wait_s)


def send(task: str, *args: str, queue: str = "", expires_s: float | None = None, retries: int = 0) -> bool:
    """Send the message now.

    Args:
        task: Name of the Celery task that it calls.
        args: What the task is called with.
        queue: Where to; the task's own queue by default.
        expires_s: Age at which workers drop it, seconds, so that messages do not pile up behind a worker that is away.
        retries: How often to try again at once.

    Returns:
        False when the broker cannot be reached.
    """
    options: dict[str, Any] = {"queue": queue} if queue else {}
    if retries:
        options["retry_policy"] = {"max_retries": retries, "interval_start": 0, "interval_step": 0}
    try:
        current_app.send_task(task, args=args, expires=expires_s, ignore_result=True, retry=retries > 0, **options)
    except Exception as error:
        logger.warning("Could not send %s%s (%s); the clock sends it again.", task, args, type(error).__name__)
        return False
    return True
