"""Limits of open connections, for one client and in all: descriptors are left for files, databases and engines.

Behind a proxy that is trusted a client is who the proxy names, and what counts is its requests under way: the proxy's
own connections are nobody's. Where there is no room a connection that waits for a request gives way, the oldest first.
"""

from __future__ import annotations

import ipaddress
import logging
import resource
import time
from collections import Counter, defaultdict
from contextlib import suppress
from typing import Final, Protocol

from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

MOST_DESCRIPTORS: Final = 65_536
# A request may take three more than its connection's: of the database, of a file or body, of an engine.
DESCRIPTORS_EACH: Final = 4
CLIENTS_AT_LEAST: Final = 8
# Whoever has an address of IPv6 has all with the same first bits.
IPV6_PREFIX: Final = 64
SAYS_EVERY_S: Final = 60.0

logger = logging.getLogger(__name__)


def raise_descriptors() -> None:
    """Take as many descriptors as this process may have; 1,024 is what most systems give at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def room() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft) // DESCRIPTORS_EACH


class Connection(Protocol):
    def give_way(self) -> None:
        """Close at once."""


class ConnectionTable:
    """The connections and requests of one server; used on its event loop alone.

    Args:
        config: Of the server: which proxies it trusts.
        most: Connections in all.
    """

    def __init__(self, config: Config, most: int) -> None:
        self.most, self.most_of_client = most, max(most // CLIENTS_AT_LEAST, 1)
        proxies = config.forwarded_allow_ips if config.proxy_headers else []
        self._proxies = ProxyHeadersMiddleware(config.loaded_app, proxies or []).trusted_hosts
        self._clients: dict[Connection, str] = {}
        self._held: Counter[str] = Counter()
        # By client, in the order in which they began to wait; those of all under no name.
        self._waiting: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self._said_at = -SAYS_EVERY_S

    def is_proxy(self, host: str | None) -> bool:
        """Return whether a peer speaks for others: a trusted proxy, or who comes by a socket of this machine."""
        return host is None or host in self._proxies

    def named(self, forwarded_for: str) -> str:
        """Return the client that a trusted proxy names, nothing if it names none."""
        return client_of(self._proxies.get_trusted_client_address(forwarded_for)[0]) if forwarded_for else ""

    def enter(self, connection: Connection, client: str) -> bool:
        """Take in a connection of a client, or of a proxy's, which has no name; returns whether there was room."""
        if client and not self._has_share(client) and not self._make_room(client):
            return self._refuse()
        if len(self._clients) >= self.most and not self._make_room(""):
            return self._refuse()
        self._clients[connection] = client
        self._count(client, 1)
        self.wait(connection)
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has ended, or is to end at once."""
        self.work(connection)
        if connection in self._clients:
            self._count(self._clients.pop(connection), -1)

    def wait(self, connection: Connection) -> None:
        """Note that a connection waits for a request from now on."""
        if connection in self._clients:
            for name in {self._clients[connection], ""}:
                self._waiting[name][connection] = None

    def work(self, connection: Connection) -> None:
        """Note that a connection does not wait: its request has come, or it ends."""
        for name in {self._clients.get(connection, ""), ""}:
            self._waiting[name].pop(connection, None)
            if not self._waiting[name]:
                del self._waiting[name]

    def begin(self, client: str) -> bool:
        """Count a request of a client that a proxy names; returns whether there was room."""
        if not self._has_share(client):
            return self._refuse()
        self._count(client, 1)
        return True

    def end(self, client: str) -> None:
        """Count a request that began no more."""
        self._count(client, -1)

    def _has_share(self, client: str) -> bool:
        return self._held[client] < self.most_of_client

    def _count(self, client: str, more: int) -> None:
        if client:
            self._held[client] += more
            if not self._held[client]:
                del self._held[client]

    def _make_room(self, client: str) -> bool:
        waiting = self._waiting.get(client)
        if not waiting:
            return False
        oldest = next(iter(waiting))
        self.leave(oldest)
        oldest.give_way()
        return True

    def _refuse(self) -> bool:
        if time.monotonic() - self._said_at >= SAYS_EVERY_S:
            self._said_at = time.monotonic()
            logger.warning(
                "Connections are refused: %s are open; %s may be, and %s of one client.",
                len(self._clients), self.most, self.most_of_client,
            )  # fmt: skip
        return False


def client_of(host: str) -> str:
    """Return whom an address is counted to: itself, or of IPv6 the network that one subscriber has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
