"""Connections to one checked IP address that end at one deadline, however slowly the other side talks.

A limit on each read is no limit on the whole: a server that sends a byte a second never meets it. Here every wait is
cut to what is left. Pure Python on httpcore.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore


class Deadline:
    """A moment by which all must be done."""

    def __init__(self, total_s: float) -> None:
        self._ends_s = time.monotonic() + total_s

    def extend(self, by_s: float) -> None:
        """Leave out time that others have taken, seconds."""
        self._ends_s += by_s

    def wait_s(self, most_s: float | None) -> float:
        """Return the longest time that the next wait may take, seconds.

        Raises:
            httpcore.ReadTimeout: The moment has passed.
        """
        left_s = self._ends_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout("The time for the whole is over.")
        return left_s if most_s is None else min(most_s, left_s)


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to `address` whatever host is asked for; certificates are still checked against the host's name."""

    def __init__(self, address: str, deadline: Deadline) -> None:
        self._address, self._deadline, self._plain = address, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait_s = self._deadline.wait_s(timeout)
        return _DeadlineStream(
            self._plain.connect_tcp(self._address, port, wait_s, local_address, socket_options), self._deadline
        )


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.wait_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.wait_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait_s = self._deadline.wait_s(timeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, wait_s), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
