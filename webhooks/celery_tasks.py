"""What the clock sets going here."""

from __future__ import annotations

from celery import shared_task

from webhooks.deliveries import deliver as deliveries_deliver
from webhooks.deliveries import replay


@shared_task(name="webhooks.deliver", ignore_result=True)
def deliver() -> None:
    """Send what is due."""
    deliveries_deliver.deliver_due()


@shared_task(name="webhooks.forget", ignore_result=True)
def forget() -> None:
    """Drop what the log no longer keeps."""
    replay.delete_old_events()
