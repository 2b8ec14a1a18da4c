"""Kept connections before each part of a request: ended ones are closed, and the others seldom asked whether they live.

Django asks PostgreSQL `SELECT 1` before the first statement of every request. The socket tells the same for nothing:
when a database stops, restarts or ends a backend, it says so there. What no socket tells, such as a network that lost
the way, the question still finds, twice a minute.
"""

from __future__ import annotations

import select
import time
from typing import Any, Final

from django.db import close_old_connections, connections

ASKED_EVERY_S: Final = 30.0
_ASKED_AT = "_miniatures_asked_at"


def close_ended() -> None:
    """Close this thread's connections that are old or broken.

    One on which the database said nothing counts as living for a while: Django does not check it.
    """
    close_old_connections()
    for wrapper in connections.all(initialized_only=True):
        connection: Any = wrapper
        raw: Any = connection.connection
        if connection.vendor == "postgresql" and raw is not None:
            at: tuple[float, Any] = getattr(connection, _ASKED_AT, (0.0, None))
            asked_at, opened = at
            if opened is raw and time.monotonic() - asked_at < ASKED_EVERY_S and _is_silent(raw.fileno()):
                connection.health_check_done = True
            else:
                setattr(connection, _ASKED_AT, (time.monotonic(), raw))


def _is_silent(socket: int) -> bool:
    looked = select.poll()
    looked.register(socket, select.POLLIN)
    return not looked.poll(0)
