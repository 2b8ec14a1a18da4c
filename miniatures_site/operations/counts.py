"""Counts of the installation: one definition each, for health, Prometheus, the alerts and the admin's page.

Every question is bounded by an index: a million ended jobs make none of them slower.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, QuerySet
from django.utils import timezone

from campaigns.models import Message
from campaigns.states import CampaignState, MessageState
from jobs.kinds import registry
from jobs.models import BackupTrial, Host, Job, WorkerBeat
from jobs.rundir.machine import GIB
from jobs.scheduling import hosts
from jobs.scheduling.clock import database_time_in
from jobs.states import CLAIMABLE, FINISHED, HELD
from miniatures_site.backup import files
from training.notices import send
from web.db import database_clock
from webhooks.deliveries import deliver

# Ticks are seconds apart; so many may be missed, and so long a beat may take at least.
MISSED_TICKS, LEAST_PATIENCE_S = 3, 30
LEAST_FREE_SHARE, LEAST_FREE_BYTES = 0.05, 2 * GIB


@dataclass(frozen=True)
class QueueRow:
    """A queue: what waits in it, since when and why, and how many workers listen."""

    name: str
    waiting: int
    oldest: datetime | None
    reason: str
    running: int
    workers: int

    @property
    def is_unserved(self) -> bool:
        return bool(self.waiting) and not self.workers


@dataclass(frozen=True)
class Outbox:
    """Something that waits to leave: how many are due, and since when the first of them is."""

    name: str
    due: int
    oldest: datetime | None


@dataclass(frozen=True)
class Volume:
    """A disk of the web host, or the one a host's runs lie on."""

    name: str
    free_bytes: int
    total_bytes: int

    @property
    def is_low(self) -> bool:
        return self.free_bytes < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * self.total_bytes)


def beat_patience() -> timedelta:
    """Return the time after which a silent beat counts as dead."""
    return timedelta(seconds=max(LEAST_PATIENCE_S, MISSED_TICKS * settings.JOB_REAPER_EVERY_S))


def is_beat_silent(last: datetime, now: datetime) -> bool:
    """Return whether a beat with this last tick counts as dead; one of a time to come says nothing of now.

    The database stamps it: a host behind the database sees it in the future, too.
    """
    return now - last > beat_patience() or last - max(now, database_clock.now()) > beat_patience()


def queues(beats: Iterable[WorkerBeat], *, with_reasons: bool = False) -> list[QueueRow]:
    """Queues in which something waits or runs, or whose jobs a worker takes, by name.

    A host's own queue is listed only while something waits or runs in it.

    Args:
        with_reasons: Whether to ask why the first of each waits, a statement for each queue.
    """
    served = Counter(name for beat in beats for name in beat.queues.split(",") if name)
    # Names of the sums are computed, which the stubs cannot follow.
    waiting: dict[str, Any] = {
        str(row["queue"]): row
        for row in Job.objects.filter(state__in=CLAIMABLE)
        .order_by()
        .values("queue")
        .annotate(number=Count("pk"), oldest=Min("queued_at"))
    }
    running = Counter(Job.objects.filter(state__in=HELD).values_list("queue", flat=True))
    return [
        QueueRow(
            name,
            waiting.get(name, {}).get("number", 0),
            waiting.get(name, {}).get("oldest"),
            _reason(name) if with_reasons and name in waiting else "",
            running[name],
            served[name],
        )
        for name in sorted({*waiting, *running, *(each for each in served if hosts.OF_HOST not in each)})
    ]


def _reason(queue: str) -> str:
    """Why the job that has waited longest in a queue waits; empty where nothing but its turn is lacking."""
    first = Job.objects.filter(queue=queue, state__in=CLAIMABLE).order_by("queued_at")
    return first.values_list("waiting_reason", flat=True).first() or ""


def ended_kinds() -> dict[str, Counter[str]]:
    """Jobs that ended within a day, without parts, by kind and state, however long ago they were launched."""
    ended = Job.objects.filter(finished_at__gt=timezone.now() - timedelta(days=1), state__in=FINISHED)
    ended = ended.exclude(kind__in=registry.part_kinds())
    kinds: dict[str, Counter[str]] = {}
    for kind, state, number in ended.order_by().values_list("kind", "state").annotate(number=Count("pk")):
        kinds.setdefault(kind, Counter())[state] = number
    return kinds


def stuck() -> QuerySet[Job]:
    """Jobs whose lease ended a while ago and that nobody has released.

    The beat, or the workers that do its rounds, are away.
    """
    late = database_time_in(-settings.JOB_LEASE_S)
    return Job.objects.filter(state__in=HELD, lease_until__lt=late).order_by("lease_until")


def outboxes(now: datetime) -> tuple[Outbox, Outbox, Outbox]:
    """Return the outboxes of mails, webhooks and notices with what is due; mails of a held campaign are not due."""
    running = {"campaign__state": CampaignState.RUNNING, "campaign__is_held": False}
    mails = Message.objects.filter(state=MessageState.APPROVED, due_at__lte=now, **running)
    return (
        _outbox("Mails of running campaigns", mails, "due_at"),
        _outbox("Webhooks", deliver.due(now), "next_at"),
        _outbox("Notices to members", send.due(now), "due_at"),
    )


def _outbox(name: str, rows: QuerySet[Any], due: str) -> Outbox:
    row = rows.aggregate(number=Count("pk"), oldest=Min(due))
    return Outbox(name, row["number"], row["oldest"])


def verified_backup() -> BackupTrial | None:
    """The newest backup that came back in a trial restore, whenever that was tried; None where none has."""
    verified = BackupTrial.objects.filter(verified_at__isnull=False)
    return verified.order_by(F("made_at").desc(nulls_last=True), "-tried_at").first()


def volumes() -> list[Volume]:
    """Disks that this process writes to, each once however many folders lie on it."""
    folders = {"Data": Path(settings.VAR_DIR), "Runs": Path(settings.RUNS_DIR), "Artefacts": files.artefact_folder()}
    by_disk: dict[int, tuple[list[str], Path]] = {}
    for name, folder in folders.items():
        if folder is not None and folder.exists():
            by_disk.setdefault(folder.stat().st_dev, ([], folder))[0].append(name)
    usages = [(", ".join(names).capitalize(), shutil.disk_usage(folder)) for names, folder in by_disk.values()]
    return [Volume(name, usage.free, usage.total) for name, usage in usages]


def disks(volumes: Iterable[Volume], hosts: Iterable[Host]) -> list[Volume]:
    """Disks of this process and of hosts, under the names by which troubles and figures call them."""
    own = [Volume(f"The disk of {each.name.lower()}", each.free_bytes, each.total_bytes) for each in volumes]
    theirs = (
        Volume(f"The disk of the host {host.name}", host.disk_free_bytes, host.disk_bytes)
        for host in hosts
        if host.disk_bytes
    )
    return [*own, *theirs]
