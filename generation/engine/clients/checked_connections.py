"""Connections that check a host's number when they are made.

A name that led outside when the teacher was saved may lead inside by now.

Under an SDK's HTTP client, whichever library that is. Each new connection resolves the name, checks every number it has
and goes to a checked one; certificates are still checked against the name. What goes by a proxy of the environment is
resolved there.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from web.net import ssrf
from web.net.ssrf import Endpoint, Lookup

Client = TypeVar("Client")


class CheckedBackend:
    """Stands before what opens connections for a pool of httpcore, and lets it connect to checked numbers only.

    Args:
        allowed: Private hosts that may be called; see `ssrf.pin`.
        unreached: What the pool's library calls a connection that could not be made; the first also where none may be.
    """

    def __init__(
        self,
        plain: Any,
        allowed: Sequence[str],
        *,
        unreached: tuple[type[Exception], ...],
        lookup: Lookup = ssrf.system_lookup,
    ) -> None:
        self._plain, self._allowed, self._unreached, self._lookup = plain, allowed, unreached, lookup

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """Connect; raises the library's own error, from `AddressRefusedError`, where a number may not be called."""
        place = Endpoint("", host.lower().rstrip("."), port, None)
        try:
            pinned = await asyncio.to_thread(ssrf.pin_all, place, private_hosts=self._allowed, lookup=self._lookup)
        except ssrf.AddressRefusedError as error:
            raise self._unreached[0](f"{error.message} {error.hint}") from error
        *earlier, last = [str(each.address) for each in pinned]
        for address in earlier:
            # A network without IPv6 may still know of such addresses.
            with contextlib.suppress(*self._unreached):
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._plain.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


def checked(client: Client, allowed: Sequence[str] | None, *, lookup: Lookup = ssrf.system_lookup) -> Client:
    """Return an SDK's HTTP client whose direct connections are checked.

    Args:
        client: A client of httpx or of what follows it.
        allowed: Private hosts that may be called. None: nothing is checked, as in a spec that is written by hand.

    Raises:
        AttributeError: The library holds its connections elsewhere: nothing is called then.
    """
    if allowed is None:
        return client
    inside: Any = client
    pool = inside._transport._pool
    library = sys.modules[type(pool).__module__.partition(".")[0]]
    plain = pool._network_backend
    pool._network_backend = CheckedBackend(
        plain, allowed, unreached=(library.ConnectError, library.ConnectTimeout), lookup=lookup
    )
    return client


def is_refused(error: BaseException) -> bool:
    """Tell whether a connection was not made because a number may not be called; an unknown name may be known soon."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssrf.AddressRefusedError):
            return not cause.is_unknown
        cause = cause.__cause__ or cause.__context__
    return False
