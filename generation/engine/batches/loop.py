"""The batch loop: calls packed, handed in, waited for and taken in; each paid at most once, within the budget.

Knows providers by their port, a journal, a ledger; knows no database and no page. What it could not bring to an end
without paying more it leaves as stragglers, to be asked live.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from generation.engine.batches.cleanup import BatchCleanup
from generation.engine.batches.collect import BatchCollector, LineTally
from generation.engine.batches.find import BatchFinder
from generation.engine.batches.interface import BatchProvider, BatchStatus
from generation.engine.batches.poll import Poller
from generation.engine.batches.state import OpenBatch, open_batch
from generation.engine.batches.submit import BatchSubmitter
from generation.engine.calls.finish import EngineContext, PreparedCall
from generation.engine.calls.stop import SendingStopped
from generation.engine.clients.interface import CallError
from generation.engine.plan import PlannedCall, expand_runs, to_runs

# More would only wait in the provider's queue.
MOST_OPEN = 16
POLL_GROWTH = 1.5
# The provider's queue is full: nothing began, and less at once may fit later.
QUEUE_FULL = frozenset({"token_limit_exceeded"})


class BatchLoop:
    """Does one attempt's batches.

    Args:
        waiting: Batches that earlier attempts left at the provider.
        known: The provider's names of batches that were taken in before.
        providers: Batches of each teacher, by its place in the mix.

    Attributes:
        stragglers: Calls that batches left unanswered and unpaid.
        fatal: Why no batch of this order can work, if so.
    """

    def __init__(
        self,
        context: EngineContext,
        calls: Sequence[PlannedCall],
        *,
        waiting: Sequence[OpenBatch],
        accounted_ids: frozenset[str],
        providers: Mapping[int, BatchProvider],
    ) -> None:
        spec, journal, outcomes = context.spec, context.journal, context.finisher
        self._spec, self._left, self._providers = spec, list(calls), providers
        self._journal, self._ledger, self._report, self._outcomes = journal, context.budget, context.report, outcomes
        self._attempt = context.run.spec.fence
        self._open, self._known = list(waiting), set(accounted_ids)
        self._patience = Poller(spec.limits, should_stop=context.should_stop, seed=spec.seed)
        self._seeker = BatchFinder(spec.order, spec.limits, accounted_ids=self._accounted, patience=self._patience)
        self._intake = BatchCollector(
            journal=journal,
            outcomes=outcomes,
            retries_doubt=spec.uncertain == "retry",
            mends=spec.limits.repairs > 0 and spec.way == "batch" and spec.stragglers == "ask",
        )
        self._handing = BatchSubmitter(context, seeker=self._seeker, patience=self._patience)
        self._leftovers = BatchCleanup(run=context.run, report=context.report, patience=self._patience)
        self._poll_s = spec.limits.batch_poll_s
        self._lost = 0
        self.stragglers: list[PlannedCall] = []
        self.fatal: CallError | None = None
        self.is_out_of_budget = False

    @property
    def repairs(self) -> list[PreparedCall]:
        return self._intake.repairs

    @property
    def at_provider(self) -> int:
        return sum(len(batch.calls) for batch in self._open)

    async def run(self) -> None:
        """Hand in, wait and take in until no batch is open, a stop is asked for, or none can work.

        After a stop, batches stay at the provider; a later attempt takes them up again.

        Raises:
            OSError: The journal could not be written; nothing further was handed in.
        """
        try:
            await self._until_none_is_open()
        except SendingStopped:
            pass
        except CallError as error:
            self.fatal = error
        finally:
            self.tell_progress()
        await self._leftovers.delete_last()

    async def _until_none_is_open(self) -> None:
        await self._take_up()
        while True:
            await self._hand_in()
            if not self._open:
                break
            await self._look_at_all()
            await self._leftovers.delete()
            if self._open:
                await self._patience.sleep(self._poll_s)
        if wasted := self._wasted:
            raise wasted

    @property
    def _wasted(self) -> CallError | None:
        """Reason to hand in nothing more, after too many paid answers that were no drafts."""
        return self._intake.wasted if self._spec.way == "batch" else None

    async def _cancel_the_rest(self) -> None:
        """Cancel open batches after too many useless answers; what was answered is taken in as ever."""
        for batch in self._open:
            if not batch.is_cancelled:
                batch.is_cancelled = True
                with suppress(CallError):
                    await self._patience.asked(partial(self._providers[batch.teacher].cancel, batch.batch_id))

    def tell_progress(self) -> None:
        self._report.progress(
            cost_usd=self._ledger.spent_usd,
            possible_usd=self._ledger.possible_usd,
            in_flight=self.at_provider,
            limit=self._spec.limits.batch_requests,
        )

    async def _take_up(self) -> None:
        for batch in self._open:
            for call in batch.calls.values():
                if not batch.reserved.get(call.id):
                    batch.reserved[call.id] = self._outcomes.prepare(call, is_batch=True).reserve_usd
                self._ledger.reserve(batch.reserved[call.id])
        for batch in list(self._open):
            if not await self._is_at_provider(batch):
                self._open.remove(batch)
                self._left = [*self._handing.dropped(batch, code="never_came"), *self._left]
        if (self._attempt > 1 or self._spec.way == "collect") and self._left:
            await self._adopt_strays()
        self.tell_progress()

    async def _is_at_provider(self, batch: OpenBatch) -> bool:
        is_named = bool(batch.batch_id)
        if not is_named:
            batch.batch_id = await self._seeker.find(batch, self._providers[batch.teacher])
        if batch.batch_id and not (is_named and batch.is_journaled):
            await self._handing.noted(batch)
        return bool(batch.batch_id)

    async def _adopt_strays(self) -> None:
        """Take up batches of this order that a lost host handed in: their calls must not be asked again."""
        for provider in self._providers.values():
            for stray in await self._seeker.strays(provider):
                inside_it = set(expand_runs(stray.positions))
                calls = [call for call in self._left if call.index in inside_it]
                self._known.add(stray.batch_id)
                if not calls:
                    continue
                self._left = [call for call in self._left if call.index not in inside_it]
                token = stray.token or f"{self._spec.order}.{stray.batch_id}"
                batch = open_batch(token, calls, reserved={}, prepared_at=time.time(), batch_id=stray.batch_id)
                for call in calls:
                    batch.reserved[call.id] = self._outcomes.prepare(call, is_batch=True).reserve_usd
                    self._ledger.reserve(batch.reserved[call.id])
                self._open.append(batch)
                await self._handing.noted(batch)

    async def _hand_in(self) -> None:
        while self._left and len(self._open) < MOST_OPEN and self._spec.way == "batch" and not self._wasted:
            provider = self._providers[self._left[0].teacher]
            batch, self._left = await self._handing.packed(self._left, provider)
            if batch is None:
                # What is open may still turn out cheaper than its worst.
                self.is_out_of_budget = not self._open
                return
            if await self._handing.handed_in(batch, provider):
                self._open.append(batch)
                self._lost = 0
            else:
                self._left = [*self._handing.dropped(batch, code="never_came"), *self._left]
                self._lost += 1
            if self._lost >= self._spec.limits.max_tries:
                raise CallError("fatal", "unreachable", "The provider took none of the batches that were handed in.")
            self.tell_progress()

    async def _look_at_all(self) -> None:
        moved = False
        for batch in list(self._open):
            provider = self._providers[batch.teacher]
            if self._spec.way == "collect" and not batch.is_cancelled:
                await self._patience.asked(partial(provider.cancel, batch.batch_id))
                batch.is_cancelled = True
            look = await self._looked_at(batch, provider)
            moved |= look.done > batch.done or look.state != "running"
            if look.done > batch.done:
                batch.done = look.done
                self._report.batch(batch.told("submitted"))
            if look.state == "refused":
                self._refused(batch, look)
            elif look.state == "ended":
                await self._take_in(batch, provider, look)
        if self._wasted:
            await self._cancel_the_rest()
        limits = self._spec.limits
        self._poll_s = limits.batch_poll_s if moved else min(self._poll_s * POLL_GROWTH, limits.batch_poll_cap_s)
        self.tell_progress()

    async def _looked_at(self, batch: OpenBatch, provider: BatchProvider) -> BatchStatus:
        try:
            return await self._patience.asked(partial(provider.look, batch.batch_id))
        except CallError as error:
            if error.code != "not_found":
                raise
            # Kept no longer, or removed by hand: what it answered can no longer be had, and may be paid.
            return BatchStatus("ended", is_kept=False)

    async def _take_in(self, batch: OpenBatch, provider: BatchProvider, look: BatchStatus) -> None:
        tally = await self._read(batch, provider) if look.is_kept else LineTally()
        fatal = next((error for error in tally.errors.values() if error.fate == "fatal"), None)
        self.stragglers += self._intake.conclude(batch, tally, look)
        await self._journal.batch_ended(batch.token)
        self._open.remove(batch)
        self._known.add(batch.batch_id)
        if mended := [
            repair.call.index for repair in self.repairs if repair.call.index in expand_runs(batch.positions)
        ]:
            # Paid, and not told before their repairs end: a host that takes over must not ask for them again.
            self._report.asking(to_runs(mended))
        seq = self._report.batch(batch.told("ended", note=tally.note))
        if look.is_kept and tally.tells_of_all(batch.ids, look):
            self._leftovers.add(batch.batch_id, provider, seq=seq)
        else:
            self._leftovers.keep(batch.batch_id)
        if fatal is not None:
            raise fatal

    async def _read(self, batch: OpenBatch, provider: BatchProvider) -> LineTally:
        try:
            return await self._patience.asked(partial(self._intake.read, batch, provider))
        except CallError as error:
            if error.code != "not_found":
                raise
            # The batch is known and its results are gone: deleted, by hand or by whoever took them in before.
            return LineTally()

    def _refused(self, batch: OpenBatch, look: BatchStatus) -> None:
        """End a batch that the provider would not begin: nothing was paid."""
        self._open.remove(batch)
        self._known.add(batch.batch_id)
        # It brought nothing, and its requests are still here.
        self._leftovers.add(batch.batch_id, self._providers[batch.teacher], seq=0)
        self._left = [*self._handing.dropped(batch, code=look.code or "refused", note=look.message), *self._left]
        if look.code not in QUEUE_FULL or not self._handing.halve(len(batch.ids)):
            raise CallError("fatal", "batch_refused", f"The provider refuses the batch. It said: {look.message}")

    def _accounted(self) -> frozenset[str]:
        return frozenset(self._known | {batch.batch_id for batch in self._open if batch.batch_id})
