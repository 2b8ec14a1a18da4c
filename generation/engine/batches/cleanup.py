"""Has files that batches leave at a provider deleted, once nobody can need them any more.

Best effort: no order fails by it.

Nobody needs them once what they brought is on this host's disk and stored outside it. Knows no provider by name.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from functools import partial

from generation.engine.batches.interface import BatchProvider
from generation.engine.batches.poll import Poller
from generation.engine.calls.stop import SendingStopped
from generation.engine.clients.interface import CallError
from generation.engine.report import Report
from jobs.rundir import RunDir

TRIES, TIMEOUT_S = 3, 10.0
# How long the last batch of an attempt may take to be stored outside.
ACK_WITHIN_S, POLL_S = 10.0, 0.1


@dataclass(frozen=True)
class _LeftBatch:
    provider: BatchProvider
    batch_id: str
    seq: int


class BatchCleanup:
    """Cleanup of the batches that one attempt left at their providers. One event loop uses it."""

    def __init__(self, *, run: RunDir, report: Report, patience: Poller) -> None:
        self._run, self._report, self._patience = run, report, patience
        self._left: list[_LeftBatch] = []

    def add(self, batch_id: str, provider: BatchProvider, *, seq: int) -> None:
        """Take in a batch of which all is on disk, and is stored outside once the event of this number is."""
        self._left.append(_LeftBatch(provider, batch_id, seq))

    def keep(self, batch_id: str) -> None:
        """Leave the files of a batch that brought no word of some call: a person may want to look into them."""
        self._tell(batch_id, "it brought no word of some of its calls")

    async def delete(self) -> None:
        due = [batch for batch in self._left if self._is_stored(batch)]
        self._left = [batch for batch in self._left if batch not in due]
        for batch in due:
            await self._deleted(batch)

    async def delete_last(self) -> None:
        """The same at the end of an attempt: waits a moment for what is not stored yet. What is not then, stays."""
        with contextlib.suppress(SendingStopped):
            await self._until_stored()
        await self.delete()
        for batch in self._left:
            self._tell(batch.batch_id, "what it brought is not stored yet")

    async def _until_stored(self) -> None:
        until = time.monotonic() + ACK_WITHIN_S
        while not all(map(self._is_stored, self._left)) and time.monotonic() < until:
            self._run.request_ack(max(batch.seq for batch in self._left))
            await self._patience.sleep(POLL_S)

    def _is_stored(self, batch: _LeftBatch) -> bool:
        acked_seq = self._run.heard
        return acked_seq is None or acked_seq >= batch.seq

    async def _deleted(self, batch: _LeftBatch) -> None:
        forget = partial(batch.provider.forget, batch.batch_id)
        try:
            # An order that is to stop waits for nothing more.
            await self._patience.sleep(0)
            async with asyncio.timeout(TIMEOUT_S):
                await self._patience.asked(forget, tries=TRIES)
        except SendingStopped:
            self._tell(batch.batch_id, "the order was stopped")
        except TimeoutError:
            self._tell(batch.batch_id, "no answer came in time")
        except CallError as error:
            self._tell(batch.batch_id, f"deleting them failed ({error.code})")

    def _tell(self, batch_id: str, why: str) -> None:
        self._report.warning(f"Files of the batch {batch_id} may stay at the provider: {why}.")
