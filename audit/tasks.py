"""The beat's doorbell of the trail."""

from __future__ import annotations

from celery import shared_task

from audit.services import seals


@shared_task(name="audit.seal_days", ignore_result=True)  # type: ignore[untyped-decorator]
def seal_days() -> None:
    """Seal the days that have ended."""
    seals.seal_days()
