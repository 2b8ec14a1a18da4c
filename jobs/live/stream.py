"""Server-sent events of jobs. Knows the wire format and when to stop; does not know who may see what."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from threading import Lock
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from jobs.kinds.registry import without
from jobs.live.hub import Viewer, hub
from web.errors import Refusal
from web.whole_numbers import whole_number

# A browser has one for all its pages.
MOST_OF_MEMBER = 20
# Of a thousand descriptors, which is what many systems give a process, most are left for requests.
MOST_IN_ALL = 400


class Places:
    """The streams that are open. Safe to use from many threads."""

    def __init__(self) -> None:
        self._open: Counter[UUID] = Counter()
        self._lock = Lock()

    def require(self, viewer: UUID) -> None:
        """Refuse a viewer for whom there is no place.

        Raises:
            Refusal: `too_many_streams` (429).
        """
        with self._lock:
            full = self._full(viewer)
        if full:
            raise Refusal("too_many_streams", full, hint="Close some, or poll for events instead.", status=429)

    @contextmanager
    def taken(self, viewer: UUID) -> Iterator[bool]:
        """Hold a place for as long as the block lasts; False where none was left, after all were asked at once."""
        with self._lock:
            is_taken = not self._full(viewer)
            self._open[viewer] += is_taken
        try:
            yield is_taken
        finally:
            with self._lock:
                self._open[viewer] -= is_taken
                if not self._open[viewer]:
                    del self._open[viewer]

    def _full(self, viewer: UUID) -> str:
        if self._open[viewer] >= MOST_OF_MEMBER:
            return f"You have {MOST_OF_MEMBER} streams of events open, which is the limit for one member."
        if self._open.total() >= MOST_IN_ALL:
            return f"{MOST_IN_ALL} streams of events are open, which is the limit for all members."
        return ""


places = Places()


Withheld = Mapping[UUID, Collection[str]]
HEARTBEAT_S = 15.0
MAX_JOBS = 40
# Then the client connects again by itself, and whether it may still see the job is checked again.
LASTS_S = 600.0
BRIEFLY_S = 1.0


def response(events: AsyncGenerator[bytes], *, request: HttpRequest, viewer: UUID) -> StreamingHttpResponse:
    """A response no proxy may hold back or keep.

    A server without an event loop gathers a stream before it sends any of it: there it ends after `BRIEFLY_S`, and the
    client, which comes again by itself, asks now and then instead of listening.

    Raises:
        Refusal: `too_many_streams` (429), the viewer or all together have as many open as there may be.
    """
    places.require(viewer)
    headers = {"X-Accel-Buffering": "no"}
    listened = _in_place(events if isinstance(request, ASGIRequest) else _briefly(events), viewer)
    return StreamingHttpResponse(listened, content_type="text/event-stream", headers=headers)


async def _in_place(events: AsyncGenerator[bytes], viewer: UUID) -> AsyncGenerator[bytes]:
    with places.taken(viewer) as is_taken:
        if not is_taken:
            yield b"retry: 30000\n\n"
            return
        async with aclosing(events):
            async for line in events:
                yield line


async def _briefly(events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    until_s = time.monotonic() + BRIEFLY_S
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            yield await asyncio.wait_for(anext(events), left_s)
        except (TimeoutError, StopAsyncIteration):
            return


def last_event_id(headers: Mapping[str, str], query: Mapping[str, str]) -> int:
    """The seq a client has seen: `Last-Event-ID`, else `?after=`, else 0; what is no number is 0."""
    seq = headers.get("Last-Event-ID") or query.get("after") or "0"
    return whole_number(seq, otherwise=0)


def parse_positions(words: Iterable[str]) -> dict[UUID, int]:
    """Jobs and the seqs seen of them, from `<uuid>:<seq>` words; the first 40, unreadable ones left out."""
    positions: dict[UUID, int] = {}
    for word in words:
        name, _, seq = word.partition(":")
        try:
            positions[UUID(name)] = whole_number(seq, otherwise=0)
        except ValueError:
            continue
    return dict(list(positions.items())[:MAX_JOBS])


async def stream_job(job: UUID, seq: int, withheld: Withheld) -> AsyncGenerator[bytes]:
    """One job's events after `seq`, with ids, until the job has ended (`event: end`).

    Args:
        withheld: Names whose values in payloads are kept from the viewer, by job.
    """
    async with aclosing(_stream({job: seq}, withheld, numbered=True)) as lines:
        async for line in lines:
            yield line


async def stream_jobs(positions: Mapping[UUID, int], withheld: Withheld) -> AsyncGenerator[bytes]:
    """Events of several jobs on one connection; the client keeps each job's seq itself."""
    async with aclosing(_stream(dict(positions), withheld, numbered=False)) as lines:
        async for line in lines:
            yield line


async def _stream(positions: dict[UUID, int], withheld: Withheld, *, numbered: bool) -> AsyncGenerator[bytes]:
    # The first bytes leave before any query, so that a browser knows at once that it is connected.
    yield b"retry: 2000\n\n"
    viewer, here = Viewer(positions), hub()
    going = set(positions)
    until_s = time.monotonic() + LASTS_S
    try:
        for job in positions:
            async with aclosing(here.join(viewer, job)) as missed:
                async for event in missed:
                    yield _wire(event, withheld.get(job, ()), numbered=numbered)
        while going and not viewer.is_lost and time.monotonic() < until_s:
            try:
                news = await asyncio.wait_for(viewer.inbox.get(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if news.event is None:
                if news.job in going:
                    going.discard(news.job)
                    yield _end(news.job)
            elif news.event["seq"] > positions[news.job]:
                positions[news.job] = news.event["seq"]
                yield _wire(news.event, withheld.get(news.job, ()), numbered=numbered)
    finally:
        here.leave(viewer)


def _wire(event: dict[str, Any], withheld: Collection[str], *, numbered: bool) -> bytes:
    event = {**event, "payload": without(event["payload"], withheld)} if withheld else event
    head = f"id: {event['seq']}\n" if numbered else ""
    return f"{head}data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _end(job: UUID) -> bytes:
    return f'event: end\ndata: {{"job":"{job}"}}\n\n'.encode()
