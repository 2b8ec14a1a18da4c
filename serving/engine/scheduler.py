"""Schedule requests: a bounded queue in which callers take turns feeds the batches; each step writes one token per row.

Runs on the event loop; only a batch's step runs elsewhere, on the compute thread, while the loop serves sockets.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from serving.engine import answer_forms, classifier_batch
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.fair_queue import FairQueue
from serving.engine.kv_cache import SPARE_TOKENS
from serving.engine.memory import gib
from serving.engine.model_cache import Lease, LoadedNetwork, ModelCache
from serving.engine.row import ModelCounters, Row, open_row
from training.engine.classifier.loading import LoadedClassifier

logger = logging.getLogger(__name__)
BURST = 8
FAILED = RequestRefused(500, "engine_failed", "The model failed while it wrote. Try again; the engine's log says why.")
STOPPING = RequestRefused(503, "engine_stopping", "Serving is stopping. Try again in a moment.", retry_after_s=5)


@dataclass
class Scheduler:
    """Rows that wait and rows being written.

    Attributes:
        compute: The one thread that models compute on.
        max_batch: Rows written at once, over all models.
        max_waiting: Rows that may wait beside them.
        max_kv_bytes: What the keys and values of rows being written may come to.
    """

    shelf: ModelCache
    compute: Executor
    max_batch: int
    max_waiting: int
    max_kv_bytes: int
    waiting: FairQueue[Row] = field(default_factory=FairQueue)
    tallies: dict[str, ModelCounters] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._work = asyncio.Event()
        self._holds: dict[Row, Lease] = {}
        self._arriving: Counter[str] = Counter()
        self._is_stopping = False

    @property
    def running(self) -> int:
        return sum(len(network.batch.rows) for network in self.shelf.networks)

    @property
    def begun(self) -> int:
        """Count questions whose prompt is read or whose answer is written."""
        return len(self._holds) - len(self.waiting)

    @property
    def ahead(self) -> int:
        """Count questions that wait for a place, or for their model."""
        return len(self.waiting) + self._arriving.total()

    @property
    def kv_bytes(self) -> int:
        return sum(_kv_bytes(network, network.batch.rows) for network in self.shelf.networks)

    async def ask(self, ask: GenerateRequest) -> Row:
        """Queue a question; its answer comes on the row's inbox.

        Raises:
            Refused: 429, too many wait; 503, stopping or the model cannot be loaded; 404; 400.
        """
        try:
            await self._make_room(ask.caller)
            self._arriving[ask.caller] += 1
            try:
                return await self._queue(ask, await self.shelf.take(ask.model))
            finally:
                self._arriving[ask.caller] -= 1
        except RequestRefused as refusal:
            self.refused[refusal.code] += 1
            raise

    async def cancel(self, row: Row) -> None:
        """The asker is gone: a waiting row leaves now, one being written before the next token."""
        if row.finish is not None or row.is_cancelled:
            return
        row.is_cancelled = True
        self._tally(row).cancelled += 1
        self.waiting.remove(row)
        await self._free(row)

    async def run(self) -> None:
        """Write for ever; sleeps while there is nothing to write."""
        while not self._is_stopping:
            if not self.waiting and not self.running:
                self._work.clear()
                await self._work.wait()
                continue
            # Sorted before the first step: while one network computes, rows of the next may be cancelled.
            admitted = [(row, self._holds[row].network) for row in self._admit()]
            for network in self.shelf.networks:
                newcomers = [row for row, holder in admitted if holder is network]
                if newcomers or network.batch.rows:
                    await self._step(network, newcomers)
            # Sockets get their turn even where steps return at once.
            await asyncio.sleep(0)

    def stop(self) -> None:
        """Refuse what comes, and tell everybody under way that their answer will not be finished."""
        self._is_stopping = True
        # Those that wait, those between the queue and their first token, and those under way.
        for row in self._holds:
            row.inbox.put_nowait(STOPPING)
        self._work.set()

    async def _queue(self, ask: GenerateRequest, ready: Lease) -> Row:
        student = ready.network.student
        try:
            if isinstance(student, LoadedClassifier):
                row = classifier_batch.open_row(ask, student, ready.chat, ready.entry.task)
            else:
                row = open_row(
                    ask,
                    chat=ready.chat,
                    context_length=student.context_length,
                    slot=ready.slot,
                    no_repeat_ngram=ready.no_repeat_ngram,
                    vocabulary=student.model.config.get_text_config().vocab_size,
                    grammar=await answer_forms.begin_for(ask, ready.entry.task, student, ready.chat),
                )
            self._fit(row, ready.network, is_asked=ask.max_tokens is not None)
            if self._is_stopping:
                raise STOPPING
        except BaseException:
            await self.shelf.release(ready)
            raise
        row.fingerprint = ready.fingerprint
        self._holds[row] = ready
        self.waiting.add(row)
        self._work.set()
        return row

    async def _make_room(self, caller: str) -> None:
        """Free a place in a full queue: the caller with most rows gives up its newest for one with fewer.

        Raises:
            Refused: 429, there is none; 503, stopping.
        """
        if self._is_stopping:
            raise STOPPING
        free = max(0, self.max_batch - self.running)
        if self.ahead < self.max_waiting + free:
            return
        full = self._full(self.ahead)
        displaced = self.waiting.surplus(share=self.waiting.of(caller) + self._arriving[caller] + 1)
        if displaced is None or displaced.caller == caller:
            raise full
        await self._put_off(displaced, full)

    def _full(self, ahead: int) -> RequestRefused:
        return RequestRefused(
            429,
            "queue_full",
            f"{ahead} requests are already waiting. Try again in a moment.",
            retry_after_s=1 + ahead // max(1, self.max_batch),
        )

    async def _put_off(self, row: Row, why: RequestRefused) -> None:
        self.waiting.remove(row)
        row.is_cancelled = True
        row.inbox.put_nowait(why)
        self.refused[why.code] += 1
        await self._free(row)

    def _fit(self, row: Row, network: LoadedNetwork, *, is_asked: bool) -> None:
        """Limit a row to the memory for keys and values; raise `Refused` (400) if it never fits."""
        most = (self.max_kv_bytes - network.row_bytes) // max(1, network.kv_bytes_per_token) - SPARE_TOKENS
        if not is_asked:
            row.limit = max(1, min(row.limit, most - len(row.prompt)))
        if row.reach <= most:
            return
        room = most - len(row.prompt)
        hint = f"Ask for at most {room} tokens (max_tokens)." if room > 0 else "Shorten the prompt."
        raise RequestRefused(
            400,
            "memory_exceeded",
            f"A prompt of {len(row.prompt)} tokens and an answer of up to {row.limit} take "
            f"{gib(_kv_bytes(network, [row]))} of keys and values; {gib(self.max_kv_bytes)} may be taken on this host "
            f"(SERVING_MAX_KV_GIB). {hint}",
        )

    def _admit(self) -> list[Row]:
        """Admit rows in turn, as places and memory allow; a row that does not fit yet is not overtaken."""
        admitted: list[Row] = []
        free = max(0, self.max_batch - self.running)
        while len(admitted) < free and (row := self.waiting.next) is not None and self._fits([*admitted, row]):
            admitted.append(self.waiting.pop())
        return admitted

    def _fits(self, newcomers: list[Row]) -> bool:
        taken = 0
        for network in self.shelf.networks:
            rows = [row for row in newcomers if self._holds[row].network is network]
            taken += _kv_bytes(network, [*network.batch.rows, *rows])
        return taken <= self.max_kv_bytes

    async def _step(self, network: LoadedNetwork, newcomers: list[Row]) -> None:
        loop = asyncio.get_running_loop()
        try:
            shown = await loop.run_in_executor(self.compute, self._burst, network, newcomers, loop)
        except Exception:
            logger.exception("A step failed with %d rows.", len(network.batch.rows) + len(newcomers))
            await self._fail(network, newcomers)
            return
        self._show(shown)
        for row, _ in shown:
            if row.refusal is not None:
                await self._refuse(row, row.refusal)
            elif row.finish is not None and not row.is_cancelled:
                await self._end(row)

    def _burst(
        self, network: LoadedNetwork, newcomers: list[Row], loop: asyncio.AbstractEventLoop
    ) -> list[tuple[Row, str]]:
        """Some tokens on the compute thread without a way back to the loop after each, which costs most on a busy host.

        Returns at once when a row ends, when a caller waits, or when another network wants its turn. Rows that are
        cancelled meanwhile leave before the next token all the same.
        """
        for _ in range(BURST):
            shown = network.batch.step(newcomers)
            newcomers = []
            others = any(other.batch.rows for other in self.shelf.networks if other is not network)
            if (
                others
                or self.waiting
                or self._is_stopping
                or not network.batch.rows
                or any(row.finish or row.refusal for row, _ in shown)
            ):
                return shown
            # In the order of their making, and before what this returns.
            loop.call_soon_threadsafe(self._show, shown)
        return []

    def _show(self, shown: list[tuple[Row, str]]) -> None:
        for row, text in shown:
            if text and not row.is_cancelled:
                row.inbox.put_nowait(text)

    async def _end(self, row: Row) -> None:
        done = row.done
        tally = self._tally(row)
        tally.requests += 1
        tally.prompt_tokens += done.prompt_tokens
        tally.completion_tokens += done.completion_tokens
        row.inbox.put_nowait(done)
        await self._free(row)

    async def _fail(self, network: LoadedNetwork, newcomers: list[Row]) -> None:
        # A row may stand in both lists when the step failed after it joined.
        rows = set(network.batch.rows) | set(newcomers)
        network.batch.clear()
        for row in rows:
            await self._refuse(row, FAILED)

    async def _refuse(self, row: Row, why: RequestRefused) -> None:
        if row.is_cancelled:
            return
        self._tally(row).errors += 1
        row.is_cancelled = True
        row.inbox.put_nowait(why)
        await self._free(row)

    async def _free(self, row: Row) -> None:
        ready = self._holds.pop(row, None)
        if ready is not None:
            await self.shelf.release(ready)

    def _tally(self, row: Row) -> ModelCounters:
        return self.tallies.setdefault(row.model, ModelCounters())


def _kv_bytes(network: LoadedNetwork, rows: Sequence[Row]) -> int:
    """Upper bound for keys and values of rows: all are as wide as the longest, with room to grow."""
    longest = max((row.reach for row in rows), default=-SPARE_TOKENS)
    if rows and network.chat.is_apart:
        # Prompts and answers lie apart, each as wide as the longest of its own.
        longest = max(len(row.prompt) for row in rows) + max(row.limit for row in rows)
    return len(rows) * ((longest + SPARE_TOKENS) * network.kv_bytes_per_token + network.row_bytes)
