"""Periodic Celery tasks of the whole installation."""

from __future__ import annotations

from miniatures_site.alerts import channels
from miniatures_site.alerts.check import check
from miniatures_site.retention import forget as retention
from web.process.celery_task import by_the_clock, celery_task


@celery_task("site.forget")
@by_the_clock
def forget() -> None:
    """Delete what has had its time."""
    retention.forget()


@celery_task("site.check_alerts")
def check_alerts() -> None:
    """Tell of troubles that began or ended, where somebody is to be told."""
    if channels.configured():
        check()
