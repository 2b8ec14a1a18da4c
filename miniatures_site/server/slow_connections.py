"""Close idle connections.

Those whose headers do not arrive, those whose clients do not read the answer, and those beyond the limits.

uvicorn waits for ever in the first two cases, with a place in its table of connections. It is named on its command
line: `--http miniatures_site.server.slow_connections:TimedConnection`.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from miniatures_site.server.connection_limits import ConnectionTable, client_of, room

# In a request's scope: its client has more under way than its share.
TOO_MANY = "miniatures.too_many"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
_tables: WeakKeyDictionary[ServerState, ConnectionTable] = WeakKeyDictionary()


class TimedConnection(HttpToolsProtocol):
    """One connection with deadlines."""

    # Seconds for all headers of a request, and for a client to take what lies ready for it.
    headers_within_s = 10.0
    read_within_s = 30.0
    _headers_due: TimerHandle | None = None
    _reading_due: TimerHandle | None = None
    # What is being answered. Where requests came ahead of their answers, uvicorn keeps the newest alone.
    _answered: RequestResponseCycle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        # Clients that proxies name, one for each request that is not answered yet; nothing where none is counted.
        self._named: deque[str] = deque()
        self._table = _tables.get(self.server_state) or _tables.setdefault(
            self.server_state, ConnectionTable(self.config, room())
        )
        peer = self.client[0] if self.client else None
        self._is_proxy = self._table.is_proxy(peer)
        if self._table.enter(self, "" if self._is_proxy else client_of(peer or "")):
            self._await_headers()
            return
        self.transport.write(_NO_ROOM)
        self.transport.close()
        self._await_reading()

    def give_way(self) -> None:
        """Close at once, for one that has a request."""
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.leave(self)
        while self._named:
            self._table.end(self._named.popleft())
        self._headers_came()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits_for_headers() and not self.transport.is_closing():
            self._await_headers()

    def on_headers_complete(self) -> None:
        self._headers_came()
        self._table.work(self)
        client = self._table.named(self._forwarded_for()) if self._is_proxy else ""
        if client and not self._table.begin(client):
            self.scope[TOO_MANY] = True  # type: ignore[literal-required]
            client = ""
        self._named.append(client)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        if self._named:
            self._table.end(self._named.popleft())
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reading()
        elif self._waits_for_headers():
            self._table.wait(self)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._await_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading_due is not None:
            self._reading_due.cancel()
            self._reading_due = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _forwarded_for(self) -> str:
        return ", ".join(value.decode("latin-1") for name, value in self.headers if name == b"x-forwarded-for")

    def _waits_for_headers(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(self.headers_within_s, self._headers_missed)

    def _headers_came(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _headers_missed(self) -> None:
        self._headers_due = None
        if not self._waits_for_headers() or self.transport.is_closing():
            return
        # Browsers open connections that they may never use: an answer to nothing would be taken for one to the next.
        if self.headers is not None:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
        self._await_reading()

    def _await_reading(self) -> None:
        if self._reading_due is None:
            self._reading_due = self.loop.call_later(self.read_within_s, self.transport.abort)
