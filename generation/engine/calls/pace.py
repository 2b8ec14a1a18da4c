"""Pace of calls: how many may be in flight, and how long to wait; it learns from the provider's refusals.

Additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP does it; what is taken away goes by the share of
calls that is refused, as in DCTCP (Alizadeh et al. 2010): a few refusals by chance say little about the pace. Knows no
provider.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from generation.engine.calls.stop import SendingStopped


def backoff_s(attempt: int, *, base_s: float, cap_s: float, chance: random.Random) -> float:
    """Exponential backoff with equal jitter: between half and the whole of min(cap, base * 2^(attempt - 1))."""
    whole = min(cap_s, base_s * 2.0 ** (attempt - 1))
    return float(whole * (0.5 + 0.5 * chance.random()))


# Of so many calls at least the share of refusals is read.
_LEAST_WINDOW = 16
# From this share on a refusal speaks for all, and its wait is everyone's.
_CROWDED = 0.25


class CallGate:
    """A gate for calls.

    `limit` falls on refusals, by half where all are refused, and rises by one per window of successes.

    One event loop uses it.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit = float(ceiling)
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._open_at = 0.0
        self._lowered_at = 0.0
        # Of the last calls, one round of them: whether each was refused.
        self._refusals: deque[bool] = deque(maxlen=max(_LEAST_WINDOW, ceiling))
        self._closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    @property
    def has_room(self) -> bool:
        is_open = not self.is_closed and time.monotonic() >= self._open_at
        return is_open and self.in_flight < max(1, int(self.limit))

    def close(self) -> None:
        """Let nothing more out, and send whoever waits away; what is in flight may come home."""
        self._closed.set()
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            SendingStopped: It was closed.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            return
        raise SendingStopped

    async def enter(self) -> float:
        """Wait for a place; returns the time of entry, to be given back to `leave` or `refused`.

        Raises:
            SendingStopped: It was closed.
        """
        while True:
            pause_s = self._open_at - time.monotonic()
            if self.is_closed:
                raise SendingStopped
            if pause_s > 0:
                await self.sleep(pause_s)
            elif self.in_flight < max(1, int(self.limit)):
                self.in_flight += 1
                return time.monotonic()
            else:
                await self._place_free()

    def leave(self, *, succeeded: bool) -> None:
        self.in_flight -= 1
        self._refusals.append(False)
        if succeeded and self.limit < self.ceiling:
            self.limit = min(self.ceiling, self.limit + 1 / self.limit)
        self._wake()

    def refused(self, entered_at: float, *, wait_s: float | None) -> None:
        """The provider said slow down: lower the limit once per round trip, and pause everyone where many hear it.

        Args:
            wait_s: What the provider asked for; the refused call itself waits in any case.
        """
        self._refusals.append(True)
        share = sum(self._refusals) / len(self._refusals)
        # Calls sent before the last lowering say nothing new about the present rate.
        if entered_at >= self._lowered_at:
            # Where fewer were in flight than allowed, these were too many already.
            half = min(self.limit, self.in_flight) / 2
            self.limit = max(1.0, self.limit - share * (self.limit - half))
            self._lowered_at = time.monotonic()
        self.in_flight -= 1
        if wait_s and share >= _CROWDED:
            self._open_at = max(self._open_at, time.monotonic() + wait_s)
        self._wake()

    async def _place_free(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _wake(self) -> None:
        free = max(1, int(self.limit)) - self.in_flight
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1


# About a thousand tokens: providers keep nothing shorter.
WARMUP_FROM_CHARS = 3500


class CacheWarmup:
    """A gate for the calls of one event loop.

    Args:
        shared_chars: How much of all prompts is the same from their beginning.
    """

    def __init__(self, shared_chars: int) -> None:
        self._is_worth = shared_chars >= WARMUP_FROM_CHARS
        self._warm: dict[int, asyncio.Event] = {}

    @asynccontextmanager
    async def turn(self, teacher: int) -> AsyncIterator[None]:
        """Around one call: the first to each teacher passes at once, the others when it has ended, well or badly."""
        warm = self._warm.get(teacher)
        if not self._is_worth or warm is not None:
            if warm is not None:
                await warm.wait()
            yield
            return
        warm = self._warm[teacher] = asyncio.Event()
        try:
            yield
        finally:
            warm.set()
