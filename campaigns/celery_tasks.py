"""Tasks of the queue and the clock in this room."""

from __future__ import annotations

from campaigns.sending import tick as ticking
from campaigns.writing import wake_tick
from web.process.celery_task import by_the_clock, celery_task


@celery_task(wake_tick.TICK)
@by_the_clock
def tick() -> None:
    """Move every running campaign on."""
    ticking.advance_all()
