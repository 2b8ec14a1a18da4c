"""What the bell and the clock set going here."""

from __future__ import annotations

from celery import shared_task

from campaigns.sending import tick as ticking
from campaigns.writing import wake_tick


@shared_task(name=wake_tick.TICK, ignore_result=True)
def tick() -> None:
    """Move every running campaign on."""
    ticking.advance_all()
