"""Figures that take long to count: counted once by a process, and told with their moment until it is worth counting again.

Small installations never notice: what is counted within `SLOW_FIGURES_S` is counted anew each time. Whoever comes while a count
is under way waits for that one. Does not know what is counted.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

T = TypeVar("T")
# A count is kept for so many times as long as it took, so that counting takes a twentieth of the time at most.
TIMES_AS_LONG: Final = 20
LONGEST_S: Final = 600
_COUNTING: Final[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class Figures(Generic[T]):
    """What was counted.

    Attributes:
        value: The figures.
        at: When they were counted; None where that was just now.
    """

    value: T
    at: datetime | None = None


def figures(key: str, count: Callable[[], T]) -> Figures[T]:
    """The figures of a key, from `count` or from a count that took long and is still worth telling."""
    if kept := _kept(key):
        return kept
    with _COUNTING[key]:
        # Whoever held the lock may have counted just these.
        if kept := _kept(key):
            return kept
        began = time.monotonic()
        value = count()
        took_s = time.monotonic() - began
        if took_s < settings.SLOW_FIGURES_S:
            return Figures(value)
        caches["figures"].set(f"slow:{key}", Figures(value, timezone.now()), min(TIMES_AS_LONG * took_s, LONGEST_S))
        return Figures(value)


def _kept(key: str) -> Figures[Any] | None:
    kept: Figures[Any] | None = caches["figures"].get(f"slow:{key}")
    return kept
