"""The beat's doorbell of the trail."""

from __future__ import annotations

from celery import shared_task

from audit.seals import sealing


@shared_task(name="audit.seal_days", ignore_result=True)
def seal_days() -> None:
    """Seal the days that have ended."""
    sealing.seal_days()
