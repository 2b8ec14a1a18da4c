"""Rings for the tick, so that a campaign moves on at once and not at the next beat. Losing a ring costs seconds only."""

from __future__ import annotations

import logging
import threading

from celery import current_app
from django.conf import settings
from django.db import transaction

TICK = "campaigns.tick"
QUEUE = "campaigns"
# A request waits this long for the broker; past that the beat's own tick comes first.
BROKER_WAIT_S = 0.5
logger = logging.getLogger(__name__)


def wake_after_commit() -> None:
    """Ring once the current transaction is in; at once outside one."""
    transaction.on_commit(_wake)


def _wake() -> None:
    thread = threading.Thread(target=publish, name="campaign-bell", daemon=True)
    thread.start()
    thread.join(BROKER_WAIT_S)


def publish() -> bool:
    """Send the message; False when the broker cannot be reached."""
    try:
        current_app.send_task(
            TICK, queue=QUEUE, expires=max(4 * settings.CAMPAIGN_TICK_S, 10), ignore_result=True, retry=False
        )
    except Exception as error:
        logger.warning("Could not ring for campaigns (%s); the beat does.", type(error).__name__)
        return False
    return True
