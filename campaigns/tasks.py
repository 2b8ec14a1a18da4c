"""What the bell and the clock set going here."""

from __future__ import annotations

from celery import shared_task

from campaigns.services import bell
from campaigns.services import tick as ticking


@shared_task(name=bell.TICK, ignore_result=True)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Move every running campaign on."""
    ticking.advance_all()
