"""Wakes the tick, so that a campaign moves on at once and not at the next beat. Losing a message costs seconds only."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction

from web import notify

TICK = "campaigns.tick"
QUEUE = "campaigns"


def wake_after_commit() -> None:
    """Wake the tick once the current transaction is in; at once outside one."""
    transaction.on_commit(partial(notify.notify_workers, publish))


def publish() -> bool:
    """Send the message; False when the broker cannot be reached."""
    return notify.send(TICK, queue=QUEUE, expires_s=max(4 * settings.CAMPAIGN_TICK_S, 10))
