"""Troubles that are looked at, and what was told of them by mail."""

from __future__ import annotations

from collections.abc import Callable

from django.core import mail

from miniatures_site.alerts import open_alerts
from miniatures_site.operations.troubles import AlertName, Trouble

Later = Callable[[float], None]
BEAT = Trouble("failed", "The beat last ticked 3 hours ago.", "Start it.", AlertName.BEAT_SILENT)
GPU = Trouble("failed", "2 jobs wait in the queue gpu.", "", AlertName.QUEUE_UNSERVED, "gpu")
CPU = Trouble("failed", "1 job waits in the queue cpu.", "", AlertName.QUEUE_UNSERVED, "cpu")
BROKER = Trouble("failed", "The broker does not answer.", "", AlertName.BROKER_AWAY, is_local=True)
DISK = Trouble("failed", "The disk of data is full.", "", AlertName.DISK_FULL, "The disk of data", is_local=True)


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def lasting(later: Later, *troubles: Trouble) -> None:
    """Have troubles that have lasted long enough to be told."""
    open_alerts.update(troubles)
    later(121)
    open_alerts.update(troubles)
