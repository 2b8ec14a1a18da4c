"""Health report from the database: workers by queue, the beat, queues without a worker, and the halt."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, ProgrammingError, connection
from django.utils import timezone

from jobs.lifecycle import reaper_lock
from jobs.scheduling import halt, workers
from miniatures_site.operations import counts

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
    queues = counts.queues(present)
    standing = halt.current_halt()
    return {
        "beat": _beat(),
        "workers": len(present),
        "queues": {queue.name: queue.workers for queue in queues if queue.workers},
        "unserved": [queue.name for queue in queues if queue.is_unserved],
        "halted_since": standing.since.isoformat() if standing and standing.since else None,
    }


def _beat() -> str:
    last = reaper_lock.last_tick()
    if last is None:
        return "never seen"
    now = timezone.now()
    if not counts.is_beat_silent(last, now):
        return "ok"
    seconds = (now - last).total_seconds()
    return f"silent for {seconds:.0f} s" if seconds > 0 else f"silent, last tick {-seconds:.0f} s in the future"
