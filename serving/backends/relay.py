"""Answer by a backend: callers take turns in a bounded queue, and answers under way are read from its servers.

What the backend cannot serve our own engine writes in the same process. Stands where the scheduler stands behind `serving.engine.server.App`. All of it belongs to the event loop.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import Counter, defaultdict
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Final

from serving.backends.answers import Answer, fit, open_answer
from serving.backends.contracts import Backend, Ending, NotServableError, Piece, ReadyModel, ServerLostError
from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.fair_queue import FairQueue
from serving.engine.row import ModelCounters, Row
from serving.engine.scheduler import FAILED, STOPPING, Scheduler
from serving.engine.server import figures

logger = logging.getLogger(__name__)
ENGINE_LOST: Final = "The model's server stopped before the answer was finished. Try again."
# A server that is starting is waited for by what warms models; a question is told when to come again.
LOADING: Final = "model_loading"
LOOK_AGAIN_S: Final = 1.0


class Relay:
    """Questions that wait and answers under way.

    Args:
        own: Our own engine, for models that the backend cannot serve.
        max_batch: Answers under way at once, over all models.
        max_waiting: Questions that may wait beside them.
    """

    def __init__(self, backend: Backend, own: Scheduler, *, max_batch: int, max_waiting: int) -> None:
        self._backend, self._own, self._max_batch, self._max_waiting = backend, own, max_batch, max_waiting
        self._entries: dict[str, ModelEntry] = {}
        # Names that our own engine serves, with the reason.
        self._handed_over: dict[str, NotServableError] = {}
        self._waiting: FairQueue[Answer] = FairQueue()
        self._running: dict[Answer, asyncio.Task[None]] = {}
        self._arriving: Counter[str] = Counter()
        self._tallies = defaultdict[str, ModelCounters](ModelCounters)
        self._refused: Counter[str] = Counter()
        self._is_stopping = False
        self._warming: asyncio.Task[None] | None = None

    @property
    def shelf(self) -> Relay:
        """The list of models, where the application looks for it."""
        return self

    @property
    def known(self) -> list[str]:
        return sorted(self._entries)

    def is_loaded(self, name: str) -> bool:
        if name in self._handed_over:
            return self._own.shelf.is_loaded(name)
        return name in self._entries and self._backend.is_ready(self._entries[name])

    async def know(self, entries: list[ModelEntry]) -> None:
        """Replace the list of models; what is new is made ready by `warm` or by its first question."""
        entries_by_name = {entry.name: entry for entry in entries}
        changed = {name for name, entry in self._entries.items() if entries_by_name.get(name) != entry}
        self._entries = entries_by_name
        for name in changed:
            self._handed_over.pop(name, None)
        await self._backend.know([entry for entry in entries if not entry.unlaid])
        await self._tell_own()
        # One at a time looks through the list; what it meets that is gone meanwhile is refused there.
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self.warm())

    async def warm(self) -> None:
        """Make models ready ahead of their first question, one after the other."""
        tried = set[str]()
        while names := [name for name in self.known if name not in tried]:
            name = names[0]
            tried.add(name)
            try:
                if await self._prepared(name) is None:
                    await self._own.shelf.release(await self._own.shelf.take(name))
            except RequestRefused as refusal:
                if refusal.code == LOADING:
                    tried.discard(name)
                    await asyncio.sleep(LOOK_AGAIN_S)
                    continue
                logger.warning("%s is not ready: %s", name, refusal.message)
            except Exception:
                logger.exception("%s is not ready.", name)

    async def ask(self, request: GenerateRequest) -> Answer | Row:
        """Queue a question; its answer comes on the inbox of what this returns.

        Raises:
            RequestRefused: 429, too many wait; 503, stopping or not to be loaded; 404; 400.
        """
        try:
            self._make_room(request.caller)
            self._arriving[request.caller] += 1
            try:
                ready = await self._prepared(request.model)
                answer = await self._opened(request, ready) if ready else None
            finally:
                self._arriving[request.caller] -= 1
            if answer is None:
                return await self._own.ask(request)
        except RequestRefused as refusal:
            self._refused[refusal.code] += 1
            raise
        self._waiting.add(answer)
        self._admit()
        return answer

    async def cancel(self, answer: Answer | Row) -> None:
        """The asker is gone: a waiting question leaves, and one under way is hung up on."""
        if isinstance(answer, Row):
            await self._own.cancel(answer)
            return
        if answer.is_over or answer.is_cancelled:
            return
        answer.is_cancelled = True
        self._tallies[answer.entry.name].cancelled += 1
        self._waiting.remove(answer)
        if task := self._running.get(answer):
            task.cancel()

    def stop(self) -> None:
        """Refuse what comes, and tell everybody under way that their answer will not be finished."""
        self._is_stopping = True
        self._own.stop()
        if self._warming is not None:
            self._warming.cancel()
        for answer in [*self._waiting, *self._running]:
            answer.inbox.put_nowait(STOPPING)
        for task in self._running.values():
            task.cancel()

    def state(self) -> dict[str, Any]:
        """Figures of both engines as one."""
        own = figures(self._own)
        models = {model["name"]: model for model in own["models"]}
        return {
            **own,
            "running": own.get("running", 0) + len(self._running),
            "waiting": own.get("waiting", 0) + len(self._waiting) + self._arriving.total(),
            **self._backend.state(),
            "models": [self._model_state(name, models.get(name, {})) for name in self.known],
            "refused": dict(self._refused),
            "max_batch": self._max_batch,
            "max_waiting": self._max_waiting,
        }

    def _model_state(self, name: str, own: dict[str, Any]) -> dict[str, Any]:
        if reason := self._handed_over.get(name):
            return {**own, "name": name, "loaded": self.is_loaded(name), "server": "own", "why_own": str(reason)}
        tally = self._tallies.get(name)
        counts = asdict(tally) if tally else {}
        return {"name": name, "loaded": self.is_loaded(name), "server": self._backend.name, **counts}

    async def _prepared(self, name: str) -> ReadyModel | None:
        """Make a model ready; None where our own engine serves it."""
        entry = self._entries.get(name)
        if entry is None:
            raise RequestRefused(404, "model_not_found", f"No model '{name}' is served.")
        if entry.unlaid:
            why_not = f"'{name}' cannot be loaded: {entry.unlaid}"
            raise RequestRefused(503, "not_loadable", why_not, retry_after_s=entry.again_s)
        if (why := self._handed_over.get(name)) and not why.for_now:
            return None
        ready = None
        try:
            ready = await self._backend.prepare(entry)
        except NotServableError as reason:
            why = reason.with_traceback(None)
        except RequestRefused:
            if why is None:
                raise
        if self._entries.get(name) != entry:  # Withdrawn or replaced meanwhile.
            return await self._prepared(name)
        if ready is not None:
            if self._handed_over.pop(name, None):
                await self._tell_own()
        elif why is not None and name not in self._handed_over:
            self._handed_over[name] = why
            await self._tell_own()
            logger.warning("%s is served by our own engine: %s", name, why)
        return ready

    async def _tell_own(self) -> None:
        await self._own.shelf.know([self._entries[name] for name in self._handed_over if name in self._entries])

    async def _opened(self, request: GenerateRequest, ready: ReadyModel) -> Answer:
        defaults = GenerateRequest(model=request.model, messages=request.messages)
        for name in sorted(self._backend.unsupported):
            if getattr(request, name) != getattr(defaults, name):
                message = f"{request.model} is served by {self._backend.name}, which cannot heed '{name}'."
                raise RequestRefused(400, "unsupported_parameter", message)
        answer = await open_answer(request, self._entries[request.model], ready)
        fit(answer, is_asked=request.max_tokens is not None)
        if self._is_stopping:
            raise STOPPING
        return answer

    def _make_room(self, caller: str) -> None:
        """Free a place in a full queue: the caller with most questions gives up its newest for one with fewer."""
        if self._is_stopping:
            raise STOPPING
        ahead = len(self._waiting) + self._arriving.total()
        if ahead < self._max_waiting + max(0, self._max_batch - len(self._running)):
            return
        wait_s = 1 + ahead // max(1, self._max_batch)
        message = f"{ahead} requests are already waiting. Try again in a moment."
        full = RequestRefused(429, "queue_full", message, retry_after_s=wait_s)
        displaced = self._waiting.surplus(share=self._waiting.of(caller) + self._arriving[caller] + 1)
        if displaced is None or displaced.caller == caller:
            raise full
        self._waiting.remove(displaced)
        displaced.is_cancelled = True
        displaced.inbox.put_nowait(full)
        self._refused[full.code] += 1

    def _admit(self) -> None:
        """Begin answers in turn, as places allow. One that does not fit yet is overtaken by other models' alone."""
        full: set[str] = set()
        for answer in list(self._waiting):
            if self._is_stopping or len(self._running) >= self._max_batch:
                return
            if answer.entry.name in full or not self._fits(answer):
                full.add(answer.entry.name)
                continue
            self._waiting.take(answer)
            self._running[answer] = task = asyncio.create_task(self._write(answer))
            # Also of a task that is cancelled before its first step, which runs nothing of its function.
            task.add_done_callback(functools.partial(self._leave, answer))

    def _leave(self, answer: Answer, _task: asyncio.Task[None]) -> None:
        """Give an answer's place to the next."""
        self._running.pop(answer, None)
        self._admit()

    def _fits(self, answer: Answer) -> bool:
        beside = [each for each in self._running if each.entry.name == answer.entry.name]
        pool = answer.ready.pool_tokens
        has_room = pool is None or answer.reach + sum(each.reach for each in beside) <= pool
        return len(beside) < answer.ready.rows and has_room

    async def _write(self, answer: Answer) -> None:
        """Read one answer to its end; a server lost before it began is asked once more."""
        try:
            try:
                await self._read(answer)
            except ServerLostError:
                if answer.has_begun:
                    raise
                answer.ready = await self._backend.prepare(answer.entry)
                await self._read(answer)
            self._conclude(answer)
        except (ServerLostError, NotServableError) as error:
            logger.warning("An answer of %s was lost: %s", answer.entry.name, error)
            self._refuse(answer, RequestRefused(503, "engine_lost", ENGINE_LOST, retry_after_s=2))
        except RequestRefused as refusal:
            self._refuse(answer, refusal)
        except Exception:
            logger.exception("An answer of %s failed.", answer.entry.name)
            self._refuse(answer, FAILED)

    async def _read(self, answer: Answer) -> None:
        while not answer.is_over:
            question = answer.question()
            async with aclosing(self._backend.ask(question)) as pieces:
                async for news in pieces:
                    text = answer.take(news) if isinstance(news, Piece) else answer.end(news, question)
                    if text:
                        answer.inbox.put_nowait(text)
                    if answer.is_over or answer.is_stuck or isinstance(news, Ending):
                        break
                else:
                    raise ServerLostError("The server sent no end.")

    def _conclude(self, answer: Answer) -> None:
        if answer.refusal is not None:
            raise answer.refusal
        done, tally = answer.done, self._tallies[answer.entry.name]
        tally.requests += 1
        tally.prompt_tokens += done.prompt_tokens
        tally.completion_tokens += done.completion_tokens
        answer.inbox.put_nowait(done)

    def _refuse(self, answer: Answer, why: RequestRefused) -> None:
        self._tallies[answer.entry.name].errors += 1
        answer.is_cancelled = True
        answer.inbox.put_nowait(why)
