"""The beat's scheduler: Celery's own, except that a clock set back does not stop it, and that it logs no stacks."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

logger = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    def tick(self, *args: Any, **options: Any) -> float:
        """Send an entry that is due; returns the seconds until the next look.

        A clock that is set back leaves entries that last ran at a time still to come, in the schedule's file too.
        Celery sends them when that time comes again; here they count as sent just now.
        """
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > entry.default_now()]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        if ahead:
            # It holds when each is due by the clock before.
            self._heap = None
        return float(super().tick(*args, **options))

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send an entry, and log it where that fails. Celery's own adds the whole stack, every second of an outage."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception:
            logger.exception("Task %s could not be sent.", entry.task)
