"""One HTTP exchange with a checked address: connected to by its number, over at one deadline, and going nowhere else.

Pure Python on httpcore. Whoever reads the answer says how much of it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from ssl import SSLContext
from urllib.parse import quote, urlsplit

import httpcore
import httpx

from web.net.pinned_backend import Deadline, PinnedBackend
from web.net.ssrf import DEFAULT_PORTS, Endpoint

# What may stand in a path or a query as it is; a percent sign is one of an escape that is there already.
_PLAIN = "/?:@!$&'()*+,;=~%[]|"


class ExchangeFailedError(Exception):
    """There was no whole answer; says why in words for a log that people read."""

    def __init__(self, message: str, *, is_late: bool = False) -> None:
        super().__init__(message)
        self.message, self.is_late = message, is_late


@contextmanager
def exchange(
    method: str,
    url: str,
    place: Endpoint,
    *,
    headers: Mapping[str, str],
    deadline: Deadline,
    wait_s: float,
    body: bytes = b"",
) -> Iterator[httpcore.Response]:
    """Send a request and yield the answer, its body unread and as it was packed. Safe to call from many threads.

    No redirect is followed, and no proxy of the environment is asked: it would resolve the name again.

    Args:
        method: `GET` or `POST`.
        url: What `place` was made of.
        place: With its checked number; a certificate is checked against the name.
        headers: Beside Host, which is the address's.
        deadline: For connecting, sending and reading; `httpcore.TimeoutException` inside the block when it has passed.
        wait_s: For each wait on the other side.

    Raises:
        ExchangeFailedError: No connection, no valid certificate, no HTTP, or not in time, inside the block too.
    """
    waits = dict.fromkeys(("connect", "read", "write", "pool"), wait_s)
    sent = {"Connection": "close", **headers, "Host": netloc(place)}
    if body or method == "POST":
        sent["Content-Length"] = str(len(body))
    target = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=_target(url))
    backend = PinnedBackend(str(place.address), deadline)
    context = _tls() if place.scheme == "https" else None
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend, max_connections=1) as pool,
            pool.stream(
                method,
                target,
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
                content=body,
                extensions={"timeout": waits},
            ) as answer,
        ):
            yield answer
    except httpcore.TimeoutException as error:
        raise ExchangeFailedError(f"{place.host} did not answer in time.", is_late=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        raise ExchangeFailedError(f"{place.host}: {str(error) or type(error).__name__}"[:300]) from error


def netloc(place: Endpoint) -> str:
    """Host and port as the Host header has them."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == DEFAULT_PORTS[place.scheme] else f"{host}:{place.port}"


def _target(url: str) -> bytes:
    """Path and query as they go over the wire, other letters percent-encoded."""
    parts = urlsplit(url)
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return quote(f"{path}{'?' + parts.query if parts.query else ''}", safe=_PLAIN).encode("ascii")


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)
