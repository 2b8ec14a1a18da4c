"""Celery tasks of the clock: rules by which judges accept drafts."""

from __future__ import annotations

from generation.judges.acceptance import act
from web.process.celery_task import celery_task


@celery_task("generation.look_after_acceptance")
def look_after_acceptance() -> None:
    """End rules that hold no more, and accept what judges have read since."""
    act.look_after_all()
