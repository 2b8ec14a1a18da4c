"""Requests take turns on a fixed number of threads, and each thread keeps its database connection.

Django gives every request under ASGI a new thread, and with it a new connection to the database: that costs more than
most requests, and with kept connections it uses up all that PostgreSQL allows. Here a request takes one of a few seats,
waits when all are taken, and leaves the seat with its connection to the next. What streams for long (events, files) gives
its seat back before it begins.

Middleware that can be either synchronous or asynchronous costs a way into a thread and back for each of its steps under
ASGI. So pages and their API go through all of it in one step on their thread; only what must never wait for a thread, the
miniatures' own `/v1`, stays asynchronous throughout. It does not know what else the requests are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, TypeAlias

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from serving.shortcut import PREFIX

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]


class Seats:
    """A fixed number of places, each with one thread; the last one left is the first one taken, so that few stay warm.

    Args:
        count: How many requests run at once; the rest wait in order.
    """

    def __init__(self, count: int) -> None:
        self._places = asyncio.Semaphore(count)
        self._free: list[ThreadPoolExecutor] = []

    async def take(self) -> Seat:
        """Wait for a place."""
        await self._places.acquire()
        thread = self._free.pop() if self._free else ThreadPoolExecutor(1, thread_name_prefix="seat")
        return Seat(self, thread)

    def back(self, thread: ThreadPoolExecutor) -> None:
        """A place is free again, and its thread with it."""
        self._free.append(thread)
        self._places.release()

    def without_thread(self) -> None:
        """A place is free again; whoever had it keeps its thread to itself."""
        self._places.release()


class Seat:
    """One request's place."""

    def __init__(self, seats: Seats, thread: ThreadPoolExecutor) -> None:
        self.thread = thread
        self._seats, self._is_given_up = seats, False

    def give_up(self) -> None:
        """Let the next one in while this request goes on with its own thread."""
        if not self._is_given_up:
            self._is_given_up = True
            self._seats.without_thread()

    def leave(self) -> None:
        """The request is over."""
        if not self._is_given_up:
            self._seats.back(self.thread)
            return
        self.thread.submit(connections.close_all)
        self.thread.shutdown(wait=False)


_seat: ContextVar[Seat] = ContextVar("seat")


class SeatedHandler(ASGIHandler):
    """Django's ASGI application, with seats."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._seats: Seats | None = None
        self._pages = BaseHandler()
        self._pages.load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        if self._seats is None:
            self._seats = Seats(self._count)
        seat = await self._seats.take()
        _seat.set(seat)
        try:
            async with ThreadSensitiveContext(executor=seat.thread):
                await self.handle(scope, receive, send)
        finally:
            seat.leave()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            _seat.get().give_up()
        await super().send_response(response, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return await super().get_response_async(request)
        return await sync_to_async(self._pages.get_response, thread_sensitive=True)(request)
