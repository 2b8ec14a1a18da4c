"""Notes when a token was last used: once a minute, and never in a request's way.

On SQLite one writer keeps all others waiting, and a token is looked at before anything else is: written there, a large
import held up every program. So a thread of its own writes it, and leaves it where the database is busy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Final

from django.db import DatabaseError, connection, connections
from django.db.models import Q

from members.models import ApiToken

logger = logging.getLogger(__name__)
EVERY_S: Final = 60.0
WAITING, REMEMBERED = 100, 10_000
_writer = ThreadPoolExecutor(1, thread_name_prefix="last-use")
_slots = BoundedSemaphore(WAITING)
# When the last use of each token was queued: a busy database is not asked again by each request.
_written_at: dict[object, float] = {}


def note_use(token: ApiToken, now: datetime) -> None:
    """Note that a token was used now, unless that was noted within the last minute.

    The row may lag behind; later readers see the update. Nothing is written while the database is busy.
    """
    if token.last_used_at is not None and (now - token.last_used_at).total_seconds() <= EVERY_S:
        return
    if connection.in_atomic_block:
        # Inside a transaction, write at once: another connection would not see this token's row.
        write(token.pk, now)
        return
    if time.monotonic() - _written_at.get(token.pk, -EVERY_S) < EVERY_S:
        return
    if _slots.acquire(blocking=False):
        if len(_written_at) > REMEMBERED:
            _written_at.clear()
        _written_at[token.pk] = time.monotonic()
        _writer.submit(_in_background, lambda: write(token.pk, now)).add_done_callback(lambda _: _slots.release())


def write(token_id: object, now: datetime) -> bool:
    """Write the time where the row's own is older than a minute; of several at once one does.

    Returns whether it did.
    """
    is_old = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(seconds=EVERY_S))
    return bool(ApiToken.objects.filter(is_old, pk=token_id).update(last_used_at=now))


def _in_background(work: Callable[[], object]) -> None:
    try:
        work()
    except DatabaseError as error:
        logger.info("The time of a token's use was not noted: %s", error)
    finally:
        connections.close_all()
