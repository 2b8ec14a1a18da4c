"""The calling loop: many calls at once, each paid at most once, within the budget, until done or asked to stop.

Knows a client, a journal, a ledger and lanes; knows no provider, no database and no page.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterable

from generation.engine.calls.finish import EngineContext, PreparedCall
from generation.engine.calls.lanes import Lane, Lanes, unanswered_message
from generation.engine.calls.pace import CacheWarmup, backoff_s
from generation.engine.calls.send import CallSender
from generation.engine.calls.stop import MAX_CONSECUTIVE_FAILURES, OF_ONE_TEXT, TICK_S, SendingStopped
from generation.engine.calls.write_ahead import IntentLog
from generation.engine.clients.interface import CallError, Client, Reply
from generation.engine.plan import PlannedCall
from generation.engine.repairs import RepairBudget, is_worth_repair

PROGRESS_EVERY_S = 1.0


class CallLoop:
    """Makes the calls of one attempt.

    Args:
        repairs: Flawed answers of batches, to be mended first.

    Attributes:
        fatal: Why no call of this order can work, or of one of its teachers: then the others' were made.
    """

    def __init__(
        self,
        context: EngineContext,
        calls: list[PlannedCall],
        *,
        client: Client,
        repairs: Iterable[PreparedCall] = (),
    ) -> None:
        spec, report, outcomes = context.spec, context.report, context.finisher
        self._spec, self._ledger = spec, context.budget
        self._report, self._outcomes, self._should_stop = report, outcomes, context.should_stop
        self._repairs = deque(repairs)
        self._lanes = Lanes(spec.teachers, calls, at_once=spec.limits.concurrency)
        self._announcer = IntentLog(context.run, report.asking, self._lanes, at_once=spec.limits.concurrency)
        self._chance = random.Random(spec.seed)  # spreads waits; no draft hangs on it
        self._warming = CacheWarmup(client.shared_chars)
        self._stopping = asyncio.Event()
        self._mending = RepairBudget(spec.call_usd, spec.repairs_until_usd)
        self._wire = CallSender(client, context.journal, self._lanes, outcomes, spec.limits)
        self.fatal: CallError | None = None
        self.is_out_of_budget = False

    async def run(self) -> None:
        """Make calls until none is left, the budget is used, a stop is asked for, or none can work.

        After a stop, calls on the wire have `stop_grace_s` to come home; what has not is uncertain.

        Raises:
            OSError: The journal could not be written; no further call was made.
        """
        if self._should_stop():
            self._stop()
        self._announcer.look()
        workers = [asyncio.create_task(self._work(place)) for place in range(self._spec.limits.concurrency)]
        watcher = asyncio.create_task(self._watch())
        stopped = asyncio.create_task(self._stopping.wait())
        ended = asyncio.create_task(_all_or_first_error(workers))
        try:
            # The watcher ends by itself only when it can tell no more: then the disk is full.
            await asyncio.wait({ended, stopped, watcher}, return_when=asyncio.FIRST_COMPLETED)
            self._stop()
            await self._wind_down(workers)
        finally:
            watcher.cancel()
            stopped.cancel()
            await asyncio.gather(watcher, stopped, return_exceptions=True)
        for task in (watcher, *workers):
            if not task.cancelled() and (error := task.exception()):
                raise error
        for repair in self._repairs:
            wasted = self._outcomes.unrepaired(repair)  # Each was paid: it is told, whatever ended the order.
            self.fatal = self.fatal or wasted
        self._report.left_behind()
        self.tell_progress()

    def tell_progress(self) -> None:
        self._report.progress(
            cost_usd=self._ledger.spent_usd,
            possible_usd=self._ledger.possible_usd,
            in_flight=len(self._wire.out),
            limit=self._lanes.limit,
        )

    async def _wind_down(self, workers: list[asyncio.Task[None]]) -> None:
        deadline = time.monotonic() + self._spec.limits.stop_grace_s
        while self._wire.out and time.monotonic() < deadline:
            await asyncio.sleep(TICK_S / 2)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _watch(self) -> None:
        told_at = time.monotonic()
        while True:
            if self._should_stop():
                self._stop()
            self._announcer.look()
            if time.monotonic() - told_at >= PROGRESS_EVERY_S:
                told_at = time.monotonic()
                self._report.in_flight(prepared.call for prepared in self._wire.out.values())
                self.tell_progress()
            await asyncio.sleep(TICK_S)

    async def _work(self, place: int) -> None:
        while not self._stopping.is_set() and self._repairs:
            await self._mend(self._repairs.popleft())
        while not self._stopping.is_set() and (call := self._lanes.take(place)) is not None:
            await self._announcer.known(call)
            async with self._warming.turn(call.teacher):
                if self._stopping.is_set() or not await self._bring_home(call):
                    return

    async def _bring_home(self, call: PlannedCall) -> bool:
        """Price, ask and end one planned call; False when the budget holds no more."""
        prepared = self._outcomes.prepare(call)
        if not await self._afford(prepared.reserve_usd):
            return False
        try:
            await self._settle(prepared)
        except SendingStopped:
            self._outcomes.left(prepared)
        return True

    async def _afford(self, reserve_usd: float) -> bool:
        """Reserve the worst case of a call; waits while calls in flight may still turn out cheaper than theirs."""
        money_moved = self._outcomes.money_moved
        while not self._ledger.fits(reserve_usd):
            if self._ledger.reserved_usd <= 1e-9 or self.is_out_of_budget:
                self.is_out_of_budget = True
                money_moved.set()
                return False
            money_moved.clear()
            await money_moved.wait()
        self._ledger.reserve(reserve_usd)
        return True

    async def _settle(self, prepared: PreparedCall) -> None:
        """Bring one call to its end, over as many tries as it takes.

        Raises:
            SendingStopped: It was left unpaid and without an end.
        """
        for attempt in range(1, self._spec.limits.max_tries + 1):
            try:
                reply = await self._wire.send(prepared)
            except CallError as error:
                if not await self._is_worth_another(prepared, error, attempt):
                    return
            else:
                self._lanes.of(prepared.call).unanswered_in_a_row = 0
                if self._spec.limits.repairs and prepared.repairs is None and is_worth_repair(reply):
                    await self._repair(prepared, reply)
                elif wasted := self._outcomes.answered(prepared, reply):
                    self._end(wasted, self._lanes.of(prepared.call))
                return

    async def _repair(self, prepared: PreparedCall, reply: Reply) -> None:
        """Ask once more for a flawed answer, if the money allows; whatever comes of it, the first one is reported."""
        await self._mend(self._outcomes.flawed(prepared, reply))

    async def _mend(self, repair: PreparedCall) -> None:
        try:
            if not self._stopping.is_set() and self._may_mend(repair) and await self._afford(repair.reserve_usd):
                with self._mending.one(repair.reserve_usd):
                    await self._settle(repair)
        except SendingStopped:
            # The first answer is paid and settled: its own reserve must not be given back a second time.
            self._outcomes.left(repair)
        finally:
            if wasted := self._outcomes.unrepaired(repair):
                self._end(wasted, self._lanes.of(repair.call))

    def _may_mend(self, repair: PreparedCall) -> bool:
        """Keep repairs within the price that people saw, all that is left to ask included."""
        left = self._spec.count - self._report.done - 1
        return self._mending.allows(
            repair.reserve_usd, paid_usd=self._ledger.spent_usd + self._ledger.possible_usd, calls_left=left
        )

    async def _is_worth_another(self, prepared: PreparedCall, error: CallError, attempt: int) -> bool:
        """Tell whether to try again, after having waited; if not, the call has been brought to its end.

        Raises:
            SendingStopped: The whole order ends here, or this teacher's part of it.
        """
        limits, lane = self._spec.limits, self._lanes.of(prepared.call)
        if error.fate == "fatal":
            self._give_up(error)
        if (error.wait_s or 0) > limits.longest_wait_s:
            message = f"The provider asks to wait {error.wait_s:,.0f} s. It said: {error.message}"
            too_long = CallError("fatal", error.code, message)
            if error.fate != "unknown":
                self._give_up(too_long, lane)
            # Not left like one that was turned down: it may have been paid, and is not asked again here.
            self._outcomes.doubtful(prepared, error)
            self._end(too_long, lane)
            return False
        is_held = error.fate == "unknown" and not self._may_pay_again(prepared)
        if not is_held and error.fate != "rejected" and attempt < limits.max_tries:
            if error.fate == "unknown":
                self._ledger.doubt(prepared.call.id, prepared.reserve_usd)
            wait_s = backoff_s(attempt, base_s=limits.backoff_s, cap_s=limits.backoff_cap_s, chance=self._chance)
            await lane.pace.sleep(max(wait_s, error.wait_s or 0.0))
            return True
        if error.fate == "unknown":
            self._outcomes.doubtful(prepared, error)
        else:
            self._outcomes.failed_unpaid(prepared, error)
        lane.unanswered_in_a_row += error.code not in OF_ONE_TEXT
        if lane.unanswered_in_a_row >= MAX_CONSECUTIVE_FAILURES:
            self._end(CallError("fatal", error.code, unanswered_message(error, row=MAX_CONSECUTIVE_FAILURES)), lane)
        return False

    def _may_pay_again(self, prepared: PreparedCall) -> bool:
        """Allow another try of a call of unknown fate if the budget fits it: both count as paid."""
        return self._spec.uncertain == "retry" and self._ledger.fits(prepared.reserve_usd)

    def _give_up(self, error: CallError, lane: Lane | None = None) -> None:
        self._end(error, lane)
        raise SendingStopped

    def _end(self, error: CallError, lane: Lane | None = None) -> None:
        """End this lane alone, or all lanes without one."""
        self.fatal = self.fatal or error
        if lane is None or not self._lanes.close(lane):
            self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self._lanes.close_all()


async def _all_or_first_error(workers: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
