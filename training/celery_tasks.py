"""Celery tasks of the clock: mails that are due."""

from __future__ import annotations

from training.notices import send
from web.process.celery_task import by_the_clock, celery_task, one_at_a_time


@celery_task("training.send_notices")
@by_the_clock
@one_at_a_time
def send_notices() -> None:
    send.send_due()
