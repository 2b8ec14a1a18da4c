"""Count of open event streams in this process, by member and in all: each holds a connection for minutes.

Knows no HTTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from uuid import UUID

from web.errors import Refusal

# A browser has one for all its pages.
MOST_OF_MEMBER = 20
# Of a thousand descriptors, which is what many systems give a process, most are left for requests.
MOST_IN_ALL = 400


class Places:
    """The streams that are open. Safe to use from many threads."""

    def __init__(self) -> None:
        self._open: Counter[UUID] = Counter()
        self._lock = Lock()

    def require(self, viewer: UUID) -> None:
        """Refuse a viewer for whom there is no place.

        Raises:
            Refusal: `too_many_streams` (429).
        """
        with self._lock:
            full = self._full(viewer)
        if full:
            raise Refusal("too_many_streams", full, hint="Close some, or poll for events instead.", status=429)

    @contextmanager
    def taken(self, viewer: UUID) -> Iterator[bool]:
        """Hold a place for as long as the block lasts; False where none was left, after all were asked at once."""
        with self._lock:
            is_taken = not self._full(viewer)
            self._open[viewer] += is_taken
        try:
            yield is_taken
        finally:
            with self._lock:
                self._open[viewer] -= is_taken
                if not self._open[viewer]:
                    del self._open[viewer]

    def _full(self, viewer: UUID) -> str:
        if self._open[viewer] >= MOST_OF_MEMBER:
            return f"You have {MOST_OF_MEMBER} streams of events open, which is the limit for one member."
        if self._open.total() >= MOST_IN_ALL:
            return f"{MOST_IN_ALL} streams of events are open, which is the limit for all members."
        return ""


places = Places()
