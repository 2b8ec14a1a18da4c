"""One reaper at a time, and when it looks through everything. Knows the one row of `ReaperTurn`, and no job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs.kinds import registry
from jobs.models import ReaperTurn
from jobs.scheduling.clock import database_time_in

ONLY = 1
# What a tick may miss, such as a job that an earlier release ended beside this one, is found within this time.
FULL_SCAN_EVERY_S = 3600


class ReaperLock:
    """The right to look after jobs now."""

    def __init__(self) -> None:
        self._kept_at = timezone.now()

    def keep(self) -> None:
        """Hold the turn for another lease; called between jobs, it asks the database now and then only."""
        now = timezone.now()
        if (now - self._kept_at).total_seconds() > settings.JOB_LEASE_S / 4:
            self._kept_at = now
            ReaperTurn.objects.filter(pk=ONLY).update(
                held_until=database_time_in(settings.JOB_LEASE_S), ticked_at=Now()
            )


@contextmanager
def acquire() -> Iterator[ReaperLock | None]:
    """Take the turn for the block, or get None because another reaper has it.

    A reaper that dies in its turn holds up the others for a job's lease at most. Should a single job take longer than
    that, two may run: each row is looked at again under its lock, so that costs time and harms nothing.
    """
    if not _taken():
        yield None
        return
    try:
        yield ReaperLock()
    finally:
        ReaperTurn.objects.filter(pk=ONLY).update(held_until=None)


def _taken() -> bool:
    free = ReaperTurn.objects.filter(Q(held_until__isnull=True) | Q(held_until__lt=Now()), pk=ONLY)
    values = {"held_until": database_time_in(settings.JOB_LEASE_S), "ticked_at": Now()}
    if free.update(**values):
        return True
    _, is_first = ReaperTurn.objects.get_or_create(pk=ONLY)
    return is_first and bool(free.update(**values))


def record_beat_start() -> None:
    """Write down that the beat has just begun: its first tick is still to come."""
    ReaperTurn.objects.update_or_create(pk=ONLY, defaults={"ticked_at": Now()})


def last_tick() -> datetime | None:
    """Return when a worker last ran the reaper, or the beat started; None where neither has happened."""
    return ReaperTurn.objects.filter(pk=ONLY).values_list("ticked_at", flat=True).first()


def count_lost_leases(number: int) -> None:
    """Add jobs that were taken back from workers that had stopped answering."""
    if number:
        ReaperTurn.objects.filter(pk=ONLY).update(leases_lost=F("leases_lost") + number)


def lost_leases() -> int:
    """Return the total of jobs taken back from workers that stopped answering."""
    return ReaperTurn.objects.filter(pk=ONLY).values_list("leases_lost", flat=True).first() or 0


def scan_cursor() -> str | None:
    """Return the position of the next slice of the scan of ended jobs: empty at its start, None where no scan is due.

    A scan is due where a consumer or one of its kinds is new since the last full scan, or that scan was long ago.
    """
    is_recent = ExpressionWrapper(
        Q(looked_through_at__gt=database_time_in(-FULL_SCAN_EVERY_S)), output_field=BooleanField()
    )
    row = ReaperTurn.objects.filter(pk=ONLY).annotate(is_recent=is_recent).first()
    if row is None:
        return ""
    if row.scan is not None:
        return str(row.scan["cursor"])
    knows_all = all(kinds <= set(row.consumers.get(name, ())) for name, (kinds, _) in registry.CONSUMERS.items())
    return None if row.is_recent and knows_all else ""


def record_slice(cursor: str) -> None:
    """Write down that the scan has come as far as `cursor`; an empty one ends it.

    Counted as looked through is only what every slice was held against: a consumer that comes while a scan is under
    way, or that the process of another release does not know, gets a scan of its own.
    """
    row = ReaperTurn.objects.get(pk=ONLY)
    checked = {name: sorted(kinds) for name, (kinds, _) in registry.CONSUMERS.items()}
    if row.scan is not None:
        before = row.scan["consumers"]
        checked = {name: sorted({*checked[name]} & {*before[name]}) for name in checked.keys() & before.keys()}
    if cursor:
        ReaperTurn.objects.filter(pk=ONLY).update(scan={"cursor": cursor, "consumers": checked})
        return
    # Those of another release that runs beside this one are kept, or the two would look through everything in turn.
    names = {**row.consumers, **checked}
    merged = {name: sorted({*row.consumers.get(name, ()), *checked.get(name, ())}) for name in names}
    ReaperTurn.objects.filter(pk=ONLY).update(consumers=merged, looked_through_at=Now(), scan=None)
