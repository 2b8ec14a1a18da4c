"""Lets the first call to a teacher go alone, where prompts share enough for a provider's cache. Knows no provider.

A provider can read a prefix from its cache only once an answer to it has begun: hundreds of calls sent at once would
each pay for writing it there. One round trip is waited for, and the rest finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# About a thousand tokens: providers keep nothing shorter.
WORTH_CHARS = 3500


class Warming:
    """A gate for the calls of one event loop.

    Args:
        shared_chars: How much of all prompts is the same from their beginning.
    """

    def __init__(self, shared_chars: int) -> None:
        self._is_worth = shared_chars >= WORTH_CHARS
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
