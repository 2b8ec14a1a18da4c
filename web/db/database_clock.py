"""The database's time in this process, asked rarely: what hosts tell each other in hours and minutes goes by it.

Between two answers it is counted by the clock since boot, which nobody can set. Where the database cannot be asked, and
on SQLite, which is of this machine, it is the machine's own time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import Error, connection
from django.utils import timezone

# Clocks since boot drift by seconds a day.
ASK_EVERY_S: Final = 600
RETRY_AFTER_S: Final = 10
# Mails are due and caps begin anew by the clock of the host that works; storage allows a quarter of an hour too.
MAY_DIFFER: Final = timedelta(minutes=15)
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# The database's time at a moment since boot, and when to ask again. One tuple, replaced whole: threads may race.
_known: tuple[datetime, float, float] | None = None


def now() -> datetime:
    """The database's time, aware, in UTC."""
    if _known is None or time.clock_gettime(_BOOT) >= _known[2]:
        _ask()
    return _counted()


def host_problem() -> str:
    """Why this host's clock keeps it from work; empty where it is about right. A file's database has the host's own."""
    ahead = timezone.now() - now()
    if abs(ahead) <= MAY_DIFFER:
        return ""
    side = "ahead of" if ahead > timedelta() else "behind"
    which = f"its clock is more than a quarter of an hour {side} the database's"
    return f"{which}: set the wrong one (timedatectl set-ntp true)"


def _counted() -> datetime:
    if _known is None:
        return datetime.now(UTC)
    return _known[0] + timedelta(seconds=time.clock_gettime(_BOOT) - _known[1])


def remember(database_time: datetime, *, for_s: float = ASK_EVERY_S) -> None:
    """Count from now on from this time, for so long."""
    global _known
    boot_s = time.clock_gettime(_BOOT)
    _known = (database_time, boot_s, boot_s + for_s)


def forget() -> None:
    """Ask the database the next time."""
    global _known
    _known = None


def _ask() -> None:
    if connection.vendor != "postgresql":
        return
    # A connection of its own: the caller's may be in a transaction that has failed, or be another thread's.
    own = connection.copy()
    own.settings_dict = {**own.settings_dict, "OPTIONS": {**own.settings_dict.get("OPTIONS", {}), "connect_timeout": 2}}
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            remember(cursor.fetchone()[0].astimezone(UTC))
    except Error:
        # Not asked again at each message: each asking may take as long as its time limit.
        remember(_counted(), for_s=RETRY_AFTER_S)
    finally:
        own.close()
