"""One poller per process for any number of viewers: rows are asked twice a second while someone watches, never else.

Lives in an event loop. Rows are read in one thread of its own, so that no request's thread waits for a viewer. Does
not know HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import close_old_connections

from jobs.models import Job, JobEvent
from jobs.monitor.serializers import event_json
from jobs.states import FINISHED

logger = logging.getLogger(__name__)
POLL_EVERY_S = 0.5
PAGE = 500
BACKLOG = 2000
QueryResult = TypeVar("QueryResult")
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")


@dataclass(frozen=True)
class LiveUpdate:
    """Update for a viewer: an event, or the end of a job after all its events."""

    job: UUID
    event: dict[str, Any] | None


@dataclass(eq=False)
class Viewer:
    """One open stream: what it has seen of each job, and what waits to be sent."""

    seen: dict[UUID, int]
    inbox: asyncio.Queue[LiveUpdate] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    is_lost: bool = False

    def put(self, news: LiveUpdate) -> None:
        """Queue news; a viewer that reads too slowly is dropped and comes back by Last-Event-ID."""
        try:
            self.inbox.put_nowait(news)
        except asyncio.QueueFull:
            self.is_lost = True


class Hub:
    def __init__(self) -> None:
        self._viewers: dict[UUID, set[Viewer]] = defaultdict(set)
        self._told: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def join(self, viewer: Viewer, job: UUID) -> AsyncGenerator[dict[str, Any]]:
        """Yield what the viewer has missed, in order, then let it hear what comes.

        Nothing is missed or said twice between.

        A page at a time, read when the one before is sent: the whole past of a job may be large.
        """
        is_last = False
        while not is_last:
            page = await read(_events_after, job, viewer.seen[job])
            # One who names an event that is still to come, as after a restored backup, would have others wait for it.
            viewer.seen[job] = page[-1]["seq"] if page else min(viewer.seen[job], await read(_last_seq, job))
            # No await between this look and the registration: the poller cannot advance in between.
            is_last = len(page) < PAGE and self._told.get(job, 0) <= viewer.seen[job]
            if is_last:
                self._register(viewer, job)
            for event in page:
                yield event

    def _register(self, viewer: Viewer, job: UUID) -> None:
        self._told.setdefault(job, viewer.seen[job])
        self._viewers[job].add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll())

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; the poller ends with the last one."""
        for job in list(viewer.seen):
            self._viewers[job].discard(viewer)
            if not self._viewers[job]:
                del self._viewers[job]
                self._told.pop(job, None)

    async def _poll(self) -> None:
        while self._viewers:
            try:
                news = await read(_updates, dict(self._told))
            except RuntimeError:
                # The interpreter is ending and its threads are gone: so are the viewers.
                return
            except Exception:
                logger.exception("Could not read events; trying again.")
                news = []
            for item in news:
                self._tell(item)
            await asyncio.sleep(POLL_EVERY_S)

    def _tell(self, news: LiveUpdate) -> None:
        if news.event is not None and news.job in self._told:
            self._told[news.job] = max(self._told[news.job], news.event["seq"])
        for viewer in tuple(self._viewers.get(news.job, ())):
            viewer.put(news)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


async def read(question: Callable[..., QueryResult], *args: Any) -> QueryResult:
    """Ask the database from the reader's thread."""
    return await asyncio.get_running_loop().run_in_executor(_reader, _run_query, question, args)


def _run_query(question: Callable[..., QueryResult], args: Sequence[Any]) -> QueryResult:
    close_old_connections()
    try:
        return question(*args)
    finally:
        close_old_connections()


def _events_after(job: UUID, seq: int) -> list[dict[str, Any]]:
    return [event_json(event) for event in JobEvent.objects.filter(job=job, seq__gt=seq).order_by("seq")[:PAGE]]


def _last_seq(job: UUID) -> int:
    return Job.objects.filter(pk=job).values_list("last_seq", flat=True).first() or 0


def _updates(positions: dict[UUID, int]) -> list[LiveUpdate]:
    """Return the updates of jobs since the seqs already sent, with one query where nothing is new."""
    news: list[LiveUpdate] = []
    for job, last_seq, state in Job.objects.filter(pk__in=positions).values_list("pk", "last_seq", "state"):
        events = _events_after(job, positions[job]) if last_seq > positions[job] else []
        news += [LiveUpdate(job, event) for event in events]
        if state in FINISHED and (events[-1]["seq"] if events else positions[job]) >= last_seq:
            news.append(LiveUpdate(job, None))
    return news
