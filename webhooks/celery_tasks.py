"""Periodic Celery task of webhooks."""

from __future__ import annotations

from web.process.celery_task import celery_task
from webhooks.deliveries import deliver as deliveries_deliver


@celery_task("webhooks.deliver")
def deliver() -> None:
    """Send what is due."""
    deliveries_deliver.deliver_due()
