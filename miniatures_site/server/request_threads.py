"""Requests take turns on a fixed number of threads, and each thread keeps its database connection.

Django gives every request under ASGI a new thread, and with it a new connection to the database: that costs more than
most requests, and with kept connections it uses up all that PostgreSQL allows. Here a request takes one of a few seats
while Python works on it, and only then: its body has been read before, and its answer is written after. A long stream
(events, files) gets a thread of its own once it queries the database.

Visitors who show neither a session nor a token have seats of their own, so that they cannot take those of members;
`/livez`, `/healthz` and `/metrics` have one each, which nothing else takes.

Middleware that can be either synchronous or asynchronous costs a way into a thread and back for each of its steps
under ASGI. So pages and their API go through all of it in one step on their thread; only what must never wait for a
thread, the miniatures' own `/v1`, stays asynchronous throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from tempfile import SpooledTemporaryFile
from typing import Any, Final, ParamSpec, TypeVar, cast

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from miniatures_site.server import callers, request_bodies
from miniatures_site.server.request_bodies import BodyRefused, Receive, RequestBody, Scope, Send
from serving.v1.fast_path import PREFIX, skip_page_middleware
from web.db import live_connections

Given = ParamSpec("Given")
Got = TypeVar("Got")

VISITOR_THREADS: Final = 2
# Signing in hashes passwords: it is a visitor's, whatever cookie comes along.
_SIGN_IN_PREFIX: Final = "/accounts/"


class RequestThreads:
    """Threads for each kind of caller; a call waits in order for the next free one of its kind.

    Args:
        count: How many requests of members run at once.
    """

    def __init__(self, count: int) -> None:
        self._members = ThreadPoolExecutor(count, thread_name_prefix="seat")
        self._visitors = ThreadPoolExecutor(min(count, VISITOR_THREADS), thread_name_prefix="visitor")
        self._programs = ThreadPoolExecutor(1, thread_name_prefix="program")
        self._health = {
            path: ThreadPoolExecutor(1, thread_name_prefix=path[1:]) for path in ("/livez", "/healthz", "/metrics")
        }

    def turn(self, scope: Scope) -> RequestExecutor:
        return RequestExecutor(self._threads(scope))

    def _threads(self, scope: Scope) -> ThreadPoolExecutor:
        path = scope["path"]
        if path in self._health:
            return self._health[path]
        if path.startswith(PREFIX):
            return self._programs
        is_visitor = path.startswith(_SIGN_IN_PREFIX) or not callers.has_credentials(scope)
        return self._visitors if is_visitor else self._members


class RequestExecutor(Executor):
    """Runs each call of one request on the next free seat; once it streams, on one thread of its own."""

    def __init__(self, shared: ThreadPoolExecutor) -> None:
        self._threads, self._is_streaming, self._own = shared, False, None

    _own: ThreadPoolExecutor | None

    def submit(self, call: Callable[Given, Got], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Got]:
        """Run a call when a thread is free."""
        if self._is_streaming and self._own is None:
            # A cursor that a stream reads on belongs to one thread's connection.
            self._threads = self._own = ThreadPoolExecutor(1, thread_name_prefix="stream")

        def on_live_connection() -> Got:
            # Each call of a request may run on another seat, whose own connection the database may have ended
            # meanwhile.
            live_connections.close_ended()
            return call(*args, **kwargs)

        return self._threads.submit(on_live_connection)

    def stream(self) -> None:
        """Let the request continue without a seat."""
        self._is_streaming = True

    def leave(self) -> None:
        """End the stream's own thread and its connection, if there is one."""
        if self._own is not None:
            self._own.submit(connections.close_all)
            self._own.shutdown(wait=False)


_current_executor: ContextVar[RequestExecutor] = ContextVar("turn")


class PooledASGIHandler(ASGIHandler):
    """Django's ASGI application, with seats and with limits to what is read."""

    def __init__(self, count: int, *, grace_s: float = request_bodies.GRACE_S) -> None:
        super().__init__()
        self._seats = RequestThreads(count)
        self._bodies = request_bodies.BodyReader(self._is_member, grace_s=grace_s)
        self._pages = BaseHandler()
        self._pages.load_middleware(is_async=False)

    def load_middleware(self, is_async: bool = False) -> None:
        """Load the chain that `/v1` alone goes through: it leaves at the fast path, on the event loop.

        Django makes a middleware that can be either synchronous as soon as one behind it is, as WhiteNoise is: every
        request of `/v1` would then hold the one thread of its kind until it is answered.
        """
        capable: Any = skip_page_middleware
        capable.sync_capable = not is_async
        try:
            super().load_middleware(is_async)
        finally:
            capable.sync_capable = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            request_bodies.refuse_too_many(scope)
            body = await self._bodies.read(scope, receive)
        except BodyRefused as refusal:
            await request_bodies.send_refusal(refusal, scope, receive, send)
        except RequestAborted:
            return
        else:
            await self._work(scope, body, send)

    async def _work(self, scope: Scope, body: RequestBody, send: Send) -> None:
        turn = self._seats.turn(scope)
        _current_executor.set(turn)
        try:
            async with ThreadSensitiveContext(executor=turn):
                await self.handle(scope, body, send)
        finally:
            body.close()
            turn.leave()

    async def _is_member(self, scope: Scope) -> bool:
        async with ThreadSensitiveContext(executor=self._seats.turn(scope)):
            return await sync_to_async(callers.is_member, thread_sensitive=True)(scope)

    async def read_body(self, receive: object) -> SpooledTemporaryFile[bytes]:
        return cast("SpooledTemporaryFile[bytes]", cast(RequestBody, receive).file)

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            _current_executor.get().stream()
        await super().send_response(response, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(PREFIX):
            return await super().get_response_async(request)
        return await sync_to_async(self._pages.get_response, thread_sensitive=True)(request)
