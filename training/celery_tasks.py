"""Celery tasks of the clock: mails that are due."""

from __future__ import annotations

from celery import shared_task

from training.notices import send


@shared_task(name="training.send_notices", ignore_result=True)
def send_notices() -> None:
    """Send mails that are due."""
    send.send_due()
