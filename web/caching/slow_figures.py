"""Figures that take long to count.

Counted once by a process, and told with their moment until it is worth counting again.

Small installations never notice: what is counted within `SLOW_FIGURES_S` is counted anew each time. Whoever asks first
waits; later the old figures are told, with their moment, while they are counted anew. Does not know what is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.utils import timezone

logger = logging.getLogger(__name__)
T = TypeVar("T")
# A count is kept for so many times as long as it took, so that counting takes a twentieth of the time at most.
TIMES_AS_LONG: Final = 20
LONGEST_S: Final = 600
# Afterwards old figures are shown while they are counted anew, for so many times as long as it took; older ones never.
TIMES_AS_OLD: Final = 200
OLD_S: Final = 600
COMMITTED_WITHIN: Final = timedelta(seconds=5)
_NOTHING: Final[tuple[None, float, datetime]] = (None, 0.0, datetime.min)
# So many are counted aside at once, each on a connection of its own; what finds no place is counted at a later look.
_ASIDE: Final = threading.BoundedSemaphore(2)
_COUNTING: Final[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class Figures(Generic[T]):
    """Figures from one count.

    Attributes:
        at: When they were counted; None where that was just now.
    """

    value: T
    at: datetime | None = None


def figures(key: str, count: Callable[[], T], *, is_void: Callable[[datetime], bool] | None = None) -> Figures[T]:
    """The figures of a key, from `count` or from a count that took long and is still worth telling.

    Args:
        count: Counts them; it may be called in a thread of its own.
        is_void: Whether what was counted from that moment on is of no worth, since somebody corrected what it counts.
            Asked only of figures that are kept.
    """
    if is_void is not None:
        _forget_void(key, is_void)
    kept, is_old = _kept(key)
    if kept and not is_old:
        return kept
    lock = _COUNTING[key]
    if kept:
        threading.Thread(target=_count_aside, args=(key, count, lock), daemon=True).start()
        return kept
    with lock:
        # Whoever held the lock may have counted just these.
        return _kept(key)[0] or _count(key, count)


def _forget_void(key: str, is_void: Callable[[datetime], bool]) -> None:
    kept, _, began_at = caches["figures"].get(f"slow:{key}") or _NOTHING
    # A correction may have its moment from another host's clock, and be committed after a count that did not see it.
    if kept is not None and is_void(began_at - COMMITTED_WITHIN):
        caches["figures"].delete(f"slow:{key}")


def _count(key: str, count: Callable[[], T]) -> Figures[T]:
    began, began_at = time.monotonic(), timezone.now()
    value = count()
    took_s = time.monotonic() - began
    if took_s < settings.SLOW_FIGURES_S:
        caches["figures"].delete(f"slow:{key}")
        return Figures(value)
    worth_s = min(TIMES_AS_LONG * took_s, LONGEST_S)
    kept = Figures(value, timezone.now()), time.time() + worth_s, began_at
    caches["figures"].set(f"slow:{key}", kept, worth_s + min(TIMES_AS_OLD * took_s, OLD_S))
    return Figures(value)


def _count_aside(key: str, count: Callable[[], Any], lock: threading.Lock) -> None:
    if not _ASIDE.acquire(blocking=False):
        return
    try:
        # Somebody may count them already.
        if lock.acquire(blocking=False):
            try:
                if _kept(key)[1]:
                    _count(key, count)
            finally:
                lock.release()
    except Exception:
        logger.exception("The figures %s could not be counted again; the old ones stay for a while", key)
    finally:
        connections.close_all()
        _ASIDE.release()


def _kept(key: str) -> tuple[Figures[Any] | None, bool]:
    """Return figures that are kept, and whether they are to be counted anew."""
    kept, worth_until, _ = caches["figures"].get(f"slow:{key}") or _NOTHING
    return kept, time.time() > worth_until
