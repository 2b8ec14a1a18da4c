"""Ways to engines: HTTP over a unix socket of this host, or over TCP to another host with the key of its replica."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from serving.runtime import addresses

CONNECT_S = 2.0
QUICK = httpx.Timeout(1.0)
# A host that is cut off says nothing: its connections end after some ten seconds without a sign of it.
KEEPALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 4), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 10_000))
        if hasattr(socket, name)
    ),
]
# Links come and go with attempts; a process keeps the clients of so many, those that were used last.
MOST_CLIENTS = 64
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[EngineLink, httpx.AsyncClient]] = WeakKeyDictionary()


@dataclass(frozen=True)
class EngineLink:
    """Way to one engine: `socket`, or `address` as host:port with `key`."""

    socket: str = ""
    address: str = ""
    key: str = field(default="", repr=False)

    @property
    def base_url(self) -> str:
        return f"http://{self.address or 'engine'}"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key else {}


def own() -> EngineLink:
    """Link to the engine of this host."""
    return EngineLink(socket=str(addresses.socket_path()))


def has_own_socket() -> bool:
    """Return whether this host's engine listens, or was killed and left its socket behind."""
    return addresses.socket_path().exists()


def client(link: EngineLink) -> httpx.AsyncClient:
    """Client of this loop for a link, with its connections."""
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if link in clients:
        clients[link] = clients.pop(link)
    else:
        while len(clients) >= MOST_CLIENTS:
            del clients[next(iter(clients))]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=20)
        options = None if link.socket else KEEPALIVE
        transport = httpx.AsyncHTTPTransport(
            uds=link.socket or None, verify=False, limits=limits, socket_options=options
        )
        timeout = httpx.Timeout(settings.SERVING_TIMEOUT_S, connect=CONNECT_S, pool=None)
        clients[link] = httpx.AsyncClient(
            transport=transport, timeout=timeout, base_url=link.base_url, headers=link.headers
        )
    return clients[link]


def ask_state(link: EngineLink) -> dict[str, Any] | None:
    """Return an engine's report on itself; None when it does not answer within a second. Blocks its thread."""
    return request(link, "GET", "/state")


def request(
    link: EngineLink, method: str, path: str, body: dict[str, Any] | None = None, timeout: httpx.Timeout = QUICK
) -> dict[str, Any] | None:
    """Send one request outside of any loop; None where it is not answered with 200 and JSON."""
    transport = httpx.HTTPTransport(uds=link.socket or None, verify=False)
    try:
        with httpx.Client(transport=transport, timeout=timeout, base_url=link.base_url, headers=link.headers) as quick:
            response = quick.request(method, path, json=body)
            response.raise_for_status()
            return dict(response.json())
    except (httpx.HTTPError, ValueError):
        return None
