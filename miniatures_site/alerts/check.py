"""Look at the installation once and tell of what began and ended.

Needs neither beat, workers, Redis nor the database.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from miniatures_site.alerts import channels, database_away, open_alerts
from miniatures_site.health import report
from miniatures_site.operations import readings
from miniatures_site.operations.troubles import Trouble, troubles

logger = logging.getLogger(__name__)
READ_WITHIN_S = 30.0


def check(*, in_thread: bool = False) -> list[Trouble]:
    """Return what is wrong, once it is told where channels are set.

    Args:
        in_thread: Read beside this thread and wait for a while only: a database that is frozen would hold it up for
            ever.
    """
    try:
        current = _read_beside() if in_thread else troubles(readings.read())
        if channels.configured():
            open_alerts.update(current)
    except (DatabaseError, TimeoutError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else report.fault(error)
        logger.warning("Alerts cannot be read from the database: %s", reason)
        away = database_away.trouble(reason)
        database_away.seen(away)
        return [away]
    database_away.gone()
    return current


@dataclass
class _Reader:
    thread: threading.Thread | None = None
    found: list[Trouble] = field(default_factory=list)
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.found = troubles(readings.read())
        except Exception as error:
            self.error = error
        finally:
            connection.close()


_stuck: list[threading.Thread] = []


def _read_beside() -> list[Trouble]:
    """Read in a thread that a process does not wait for when it ends.

    Raises:
        TimeoutError: It has not answered in time, or an earlier reading still waits.
        DatabaseError: The database does not answer.
    """
    _stuck[:] = [thread for thread in _stuck if thread.is_alive()]
    if _stuck:
        raise TimeoutError
    reader = _Reader()
    thread = threading.Thread(target=reader.run, name="alerts", daemon=True)
    thread.start()
    thread.join(READ_WITHIN_S)
    if thread.is_alive():
        _stuck.append(thread)
        raise TimeoutError
    if reader.error:
        raise reader.error
    return reader.found
