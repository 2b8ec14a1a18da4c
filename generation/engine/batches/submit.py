"""Packs calls into batches and hands them in: noted before, named after, looked for when nobody knows.

Knows the budget.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from generation.engine.batches.find import BatchFinder
from generation.engine.batches.interface import BatchProvider
from generation.engine.batches.lines import BatchFile
from generation.engine.batches.poll import Poller
from generation.engine.batches.state import OpenBatch, open_batch
from generation.engine.calls.finish import EngineContext
from generation.engine.clients.interface import CallError
from generation.engine.plan import PlannedCall

# Prompts are rendered this many at a time before others get a turn.
CALLS_A_TURN = 100
ACK_POLL_S = 0.05


class BatchSubmitter:
    """Hands batches in, one at a time."""

    def __init__(self, context: EngineContext, *, seeker: BatchFinder, patience: Poller) -> None:
        spec = context.spec
        self._spec, self._lines, self._attempt = spec, context.run.path / "batch.jsonl", context.run.spec.fence
        self._journal, self._ledger = context.journal, context.budget
        self._report, self._outcomes = context.report, context.finisher
        self._seeker, self._patience = seeker, patience
        self._most_requests = spec.limits.batch_requests
        self._made = 0
        self._run = context.run

    async def packed(
        self, calls: Sequence[PlannedCall], provider: BatchProvider
    ) -> tuple[OpenBatch | None, list[PlannedCall]]:
        """Write as many calls of one teacher as fit a batch and the budget.

        Returns:
            The batch with its worst case reserved, or None when the budget takes not one call; and the calls left over.
        """
        pack = BatchFile(
            self._lines,
            most_requests=min(self._most_requests, provider.most_requests),
            most_bytes=min(self._spec.limits.batch_bytes, provider.most_bytes),
        )
        packed_calls: list[PlannedCall] = []
        reserved: dict[str, float] = {}
        for number, call in enumerate(calls, 1):
            if call.teacher != calls[0].teacher:
                continue
            prepared = self._outcomes.prepare(call, is_batch=True)
            line = provider.line(prepared.question)
            if not pack.fits(line) or not self._ledger.fits(prepared.reserve_usd):
                break
            self._ledger.reserve(prepared.reserve_usd)
            pack.add(line)
            packed_calls.append(call)
            reserved[call.id] = prepared.reserve_usd
            if number % CALLS_A_TURN == 0:
                await asyncio.sleep(0)
        pack.close()
        if not packed_calls:
            return None, list(calls)
        self._made += 1
        token = f"{self._spec.order}.{self._attempt}.{self._made}"
        return open_batch(token, packed_calls, reserved=reserved, prepared_at=time.time()), [
            call for call in calls if call.id not in reserved
        ]

    async def handed_in(self, batch: OpenBatch, provider: BatchProvider) -> bool:
        """Note a packed batch, hand it in, and note its name; False when it certainly never began.

        Raises:
            CallError: The provider takes no batch of this order; nothing of this one was begun.
            SendingStopped: The order is to stop; whether this one was begun is seen next time.
            OSError: The journal takes no more.
        """
        await self._note_calls(batch)
        await self._heard(self._report.batch(batch.told("preparing")))
        try:
            batch.batch_id = await self._submitted(batch, provider)
        except CallError as error:
            if error.fate != "unknown":
                self.dropped(batch, code=error.code, note=error.message)
            raise
        finally:
            self._lines.unlink(missing_ok=True)
        if batch.batch_id:
            await self.noted(batch)
        return bool(batch.batch_id)

    async def _heard(self, seq: int) -> None:
        """Wait until an event is stored outside, so that another host can find the batch. Raises `SendingStopped`."""
        self._run.request_ack(seq)
        while (acked_seq := self._run.heard) is not None and acked_seq < seq:
            await self._patience.sleep(ACK_POLL_S)

    async def noted(self, batch: OpenBatch) -> None:
        if not batch.is_journaled:
            await self._note_calls(batch)
        await self._journal.batch_submitted(batch.token, batch_id=batch.batch_id)
        self._report.batch(batch.told("submitted"))

    async def _note_calls(self, batch: OpenBatch) -> None:
        ended = sorted(batch.ids - batch.calls.keys())
        await self._journal.batch(batch.token, list(batch.reserved.items()), ended=ended)
        batch.is_journaled = True

    def dropped(self, batch: OpenBatch, *, code: str, note: str = "") -> list[PlannedCall]:
        """Note that a batch never began, and free what was reserved for it; returns its calls, to be asked anew."""
        if batch.is_journaled:
            self._journal.batch_dropped(batch.token, code=code)
        for reserve_usd in batch.reserved.values():
            self._ledger.release(reserve_usd)
        calls = list(batch.calls.values())
        batch.calls, batch.reserved = {}, {}
        self._report.batch(batch.told("dropped", note=note))
        return calls

    def halve(self, requests: int) -> bool:
        """Make later batches half as large as one that was too much; False when they cannot be smaller."""
        self._most_requests = requests // 2
        return self._most_requests >= 1

    async def _submitted(self, batch: OpenBatch, provider: BatchProvider) -> str:
        submit = partial(
            provider.submit, self._lines, order=self._spec.order, token=batch.token, positions=batch.positions
        )
        try:
            return await self._patience.asked(submit, tries=self._spec.limits.max_tries)
        except CallError as error:
            if error.fate != "unknown":
                raise
            lost = error
        try:
            return await self._seeker.find(batch, provider)
        except CallError as error:
            # Whether it was begun is still not known, whatever kept us from looking.
            message = f"{lost.message} It could not be looked for: {error.message}"
            raise CallError("unknown", error.code, message) from None
