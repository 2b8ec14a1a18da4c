"""The beat's doorbell of the trail."""

from __future__ import annotations

from audit.seals import sealing
from web.process.celery_task import celery_task


@celery_task("audit.seal_days")
def seal_days() -> None:
    """Seal the days that have ended."""
    sealing.seal_days()
