"""Server-sent events of jobs. Knows the wire format and when to stop; does not know who may see what."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from jobs.kinds.registry import without
from jobs.live.hub import Viewer, hub
from jobs.live.places import places
from web.whole_numbers import whole_number

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
