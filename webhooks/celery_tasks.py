"""Periodic Celery task of webhooks."""

from __future__ import annotations

from web.process.celery_task import by_the_clock, celery_task, one_at_a_time
from webhooks.deliveries import deliver as deliveries_deliver


@celery_task("webhooks.deliver")
@by_the_clock
@one_at_a_time
def deliver() -> None:
    """Send what is due."""
    deliveries_deliver.deliver_due()
