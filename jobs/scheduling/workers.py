"""Heartbeats of workers, in rows they renew themselves. The queue is not asked."""

from __future__ import annotations

from django.conf import settings
from django.db.models.functions import Now

from jobs.models import WorkerBeat
from jobs.scheduling.clock import database_time_in

MISSED_BEATS = 3
FORGET_AFTER_S = 86_400


def beat(*, worker: str, host: str, queues: str) -> None:
    """Say that a worker is there."""
    WorkerBeat.objects.update_or_create(worker=worker, defaults={"host": host, "queues": queues[:200], "at": Now()})


def withdraw(worker: str) -> None:
    """Say that a worker has left."""
    WorkerBeat.objects.filter(worker=worker).delete()


def present() -> list[WorkerBeat]:
    """Workers that have said so within three beats."""
    fresh = WorkerBeat.objects.filter(at__gt=database_time_in(-MISSED_BEATS * settings.WORKER_BEAT_S - 2))
    return list(fresh.order_by("worker"))


def forget_gone() -> int:
    """Drop the rows of workers that left long ago without a word."""
    return WorkerBeat.objects.filter(at__lt=database_time_in(-FORGET_AFTER_S)).delete()[0]
