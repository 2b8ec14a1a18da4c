"""What health says of the database's rows: workers by queue, the beat's last tick, what waits for nobody."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection
from django.utils import timezone

from jobs.lifecycle import reaper_lock
from jobs.models import Job
from jobs.scheduling import halt, workers
from jobs.states import CLAIMABLE

# Ticks are seconds apart; so many may be missed, and so long a beat may take at least.
MISSED_TICKS, PATIENCE_S = 3, 30
# Before anything is known.
NOTHING: dict[str, Any] = {
    "beat": "unknown",
    "workers": 0,
    "queues": {},
    "unserved": [],
    "halted_since": None,
}


def read() -> dict[str, Any]:
    """Read the report, on a connection of this thread's own that is closed again: one that froze is not asked twice.

    Raises:
        DatabaseError: It does not answer, or is not migrated.
    """
    try:
        return _read()
    finally:
        connection.close()


def fault(error: Exception) -> str:
    """In a word what is wrong with a part that raised this."""
    if isinstance(error, ProgrammingError) or (isinstance(error, OperationalError) and "no such table" in str(error)):
        return "not migrated"
    return f"unreachable: {type(error).__name__}"


def _read() -> dict[str, Any]:
    present = workers.present()
    served = Counter(name for each in present for name in each.queues.split(",") if name)
    waiting = Job.objects.filter(state__in=CLAIMABLE).order_by().values_list("queue", flat=True).distinct()
    standing = halt.current_halt()
    return {
        "beat": _beat(),
        "workers": len(present),
        "queues": dict(sorted(served.items())),
        "unserved": sorted(set(waiting) - set(served)),
        "halted_since": standing.since.isoformat() if standing and standing.since else None,
    }


def _beat() -> str:
    last = reaper_lock.last_tick()
    if last is None:
        return "never seen"
    silent_s = (timezone.now() - last).total_seconds()
    return (
        "ok"
        if silent_s <= max(PATIENCE_S, MISSED_TICKS * settings.JOB_REAPER_EVERY_S)
        else f"silent for {silent_s:.0f} s"
    )
