"""Waiting for a provider.

Asked again after a break, as often as is sensible, and at once given up when the order stops.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from generation.engine.calls.pace import backoff_s
from generation.engine.calls.stop import MAX_CONSECUTIVE_FAILURES, TICK_S, SendingStopped
from generation.engine.clients.interface import CallError
from generation.engine.contracts import Limits

T = TypeVar("T")


class Poller:
    """Waits on behalf of one order.

    Args:
        should_stop: Asked about ten times a second.
    """

    def __init__(self, limits: Limits, *, should_stop: Callable[[], bool], seed: int = 0) -> None:
        self._limits, self._should_stop, self._chance = limits, should_stop, random.Random(seed)

    async def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            SendingStopped: No more is to be done.
        """
        until = time.monotonic() + seconds
        while True:
            if self._should_stop():
                raise SendingStopped
            if (left_s := until - time.monotonic()) <= 0:
                return
            await asyncio.sleep(min(TICK_S, left_s))

    async def asked(self, ask: Callable[[], Awaitable[T]], *, tries: int = MAX_CONSECUTIVE_FAILURES) -> T:
        """Do something that costs nothing until it works; what fails for another reason fails at once.

        Raises:
            CallError: It cannot work, or did not in so many tries.
            SendingStopped: No more is to be done.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await ask()
            except CallError as error:
                if error.fate != "unbilled" or attempt == tries or (error.wait_s or 0) > self._limits.longest_wait_s:
                    raise
                await self._after(error, attempt)

    async def _after(self, error: CallError, attempt: int) -> None:
        limits = self._limits
        wait_s = backoff_s(attempt, base_s=limits.backoff_s, cap_s=limits.backoff_cap_s, chance=self._chance)
        await self.sleep(max(wait_s, error.wait_s or 0.0))
