"""Celery tasks of the clock: mails that are due."""

from __future__ import annotations

from training.notices import send
from web.process.celery_task import celery_task


@celery_task("training.send_notices")
def send_notices() -> None:
    send.send_due()
