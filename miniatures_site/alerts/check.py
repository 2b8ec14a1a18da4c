"""Look at the installation once and tell of what began and ended.

Needs neither beat, workers, Redis nor the database.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from contextlib import closing

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


_pending: list[Future[list[Trouble]]] = []


def _read_beside() -> list[Trouble]:
    """Read in a thread that a process does not wait for when it ends.

    Raises:
        TimeoutError: It has not answered in time, or an earlier reading still waits.
        DatabaseError: The database does not answer.
    """
    if any(not reading.done() for reading in _pending):
        raise TimeoutError
    reading: Future[list[Trouble]] = Future()
    threading.Thread(target=_read_into, args=(reading,), name="alerts", daemon=True).start()
    _pending[:] = [reading]
    return reading.result(READ_WITHIN_S)


def _read_into(reading: Future[list[Trouble]]) -> None:
    try:
        with closing(connection):
            current = troubles(readings.read())
    except BaseException as error:
        reading.set_exception(error)
    else:
        reading.set_result(current)
