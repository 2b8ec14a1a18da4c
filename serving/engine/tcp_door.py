"""Relay of an engine to web processes on other hosts: the same application over TCP, for holders of the replica's key.

Opened only where the operator names an address. Nothing is encrypted here: that is the network's part, or a tunnel's.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import socket
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from serving.engine.errors import RequestRefused
from serving.engine.server import AsgiApp, Receive, Send, send_refusal

BACKLOG: Final = 512
# Open connections beyond which those that ask nothing are closed and others get 503: the engine keeps descriptors for
# its own host.
MOST_CONNECTIONS: Final = 512
# Seconds for the head of a connection's first request.
HEAD_WITHIN_S: Final = 5.0
SCHEME: Final = b"Bearer "
NO_KEY: Final = RequestRefused(401, "wrong_key", "This engine answers the web processes of its installation only.")


class KeyedApp:
    """ASGI application that lets in whoever holds the key. A request without it is refused before its body is read."""

    def __init__(self, app: AsgiApp, key: str) -> None:
        self._app, self._header = app, SCHEME + key.encode()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if hmac.compare_digest(header, self._header):
            await self._app(scope, receive, send)
        else:
            await send_refusal(send, NO_KEY)


class DoorProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is closed where it asks nothing: in time, or to make room for others, the oldest first."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._until_head = asyncio.get_running_loop().call_later(HEAD_WITHIN_S, self._end_without_head)
        if len(self.connections) >= MOST_CONNECTIONS:
            silent = [each for each in self.connections - {self} if each.cycle is None]
            if silent:
                min(silent, key=lambda each: each._until_head.when())._end_without_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._until_head.cancel()
        super().connection_lost(exc)

    def _end_without_head(self) -> None:
        if self.cycle is None:
            # Out of the count at once: several may come before the loop hears of this one's end.
            self.connections.discard(self)
            self.transport.abort()


class TcpDoor:
    """An open door: `address` is where other hosts reach it."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket, address: str) -> None:
        self.address, self._server = address, server
        self._task = asyncio.create_task(server.serve(sockets=[listener]))

    async def close(self) -> None:
        """Refuse new connections, and end open ones as the engine's own socket does."""
        self._server.should_exit = True
        await self._task


def open_door(app: AsgiApp, address: str, key: str, make_server: Callable[[AsgiApp], uvicorn.Server]) -> TcpDoor:
    """Listen at an address, as host or host:port; without a port the system chooses one.

    Args:
        make_server: Makes the server of an application.

    Raises:
        ValueError: There is no key, or the address is none.
        OSError: The address cannot be listened at.
    """
    if not key:
        raise ValueError("an engine that listens on TCP needs a key")
    host, port = split(address)
    listener = _listen(host, port)
    server = make_server(KeyedApp(app, key))
    server.config.http, server.config.limit_concurrency = DoorProtocol, MOST_CONNECTIONS
    name = f"[{host}]" if ":" in host else host
    return TcpDoor(server, listener, f"{name}:{listener.getsockname()[1]}")


def split(address: str) -> tuple[str, int]:
    """Return host and port of an address such as 10.0.0.5, gpu-1:8770 or [fd00::5]:8770; port 0 where none is named.

    Raises:
        ValueError: It is no such address.
    """
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, "0"
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"no address to listen at: {address}")
    return host, int(port)


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    try:
        return socket.create_server(place[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL or not port:
            raise
        # The address is the outer one of a container, whose published port leads here.
        return socket.create_server(("", port), family=family, backlog=BACKLOG)
