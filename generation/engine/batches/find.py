"""Finds batches that may have been handed in without a word in the journal: by looking, never by paying again.

Knows no provider by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from generation.engine.batches.interface import BatchProvider, BatchQuery, FoundBatch
from generation.engine.batches.poll import Poller
from generation.engine.batches.state import OpenBatch
from generation.engine.contracts import Limits


class BatchFinder:
    """Looks for the batches of one order.

    Args:
        known: The provider's names of batches that are accounted for; read anew at each look.
    """

    def __init__(
        self, order: str, limits: Limits, *, accounted_ids: Callable[[], frozenset[str]], patience: Poller
    ) -> None:
        self._order, self._limits, self._known, self._patience = order, limits, accounted_ids, patience

    async def find(self, batch: OpenBatch, provider: BatchProvider) -> str:
        """The provider's name of a batch that may have been handed in; empty once it is sure that it was not.

        A provider's list may be a little behind: it is read until `batch_settle_s` after the batch was prepared. One
        that cannot be told from ours while it runs is waited for.

        Raises:
            CallError: The provider cannot be asked.
        """
        # Clocks jump: never wait longer than once over, nor less than nothing.
        left_s = min(
            self._limits.batch_settle_s, max(0.0, batch.prepared_at + self._limits.batch_settle_s - time.time())
        )
        until = time.monotonic() + left_s
        wanted_calls = frozenset(batch.ids)
        while True:
            is_last = time.monotonic() >= until
            query = BatchQuery(self._order, batch.token, wanted_calls, batch.prepared_at, self._known())
            hits = await self._patience.asked(partial(provider.find, query))
            if certain := [hit for hit in hits if hit.is_certain]:
                return certain[0].batch_id
            if is_last and not hits:
                return ""
            pause_s = self._limits.batch_poll_s if hits else min(self._limits.batch_poll_s, until - time.monotonic())
            await self._patience.sleep(max(0.05, pause_s))

    async def strays(self, provider: BatchProvider) -> list[FoundBatch]:
        """Batches of this order that nobody here knows of: another host handed them in and was lost.

        Raises:
            CallError: The provider cannot be asked.
        """
        return await self._patience.asked(partial(provider.find, BatchQuery(self._order, known=self._known())))
