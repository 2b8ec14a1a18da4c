"""Resolve the IP addresses of a URL and check whether they may be called. Pure Python: engines use it too.

A name is resolved once, every address it has is checked, and the caller connects to a checked address, since the
name may be pointed elsewhere between the check and the call. Callers say which private hosts are allowed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# From a name to its numbers as text; raises OSError where the name is not known.
Lookup = Callable[[str], Sequence[str]]
# Networks that the ipaddress module of some Python calls global, and that lead inside all the same: the cloud's own services
# (Azure's at 168.63.129.16, Oracle's at 192.0.0.192, in a block kept for protocols), what a site translates between IPv4 and
# IPv6 by itself (RFC 8215), addresses that are thrown away (RFC 6666) and that documents use (RFC 9637), segment routing (RFC 9602).
_NEVER_PUBLIC = [
    ipaddress.ip_network(name)
    for name in ("168.63.129.16/32", "192.0.0.0/24", "64:ff9b:1::/48", "100::/64", "3fff::/20", "5f00::/16")
]
# Addresses of IPv6 that carry one of IPv4 in their last 32 bits (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF


class AddressRefusedError(Exception):
    """An address the product must not call.

    Args:
        message: What is wrong with it.
        hint: How to mend it, or which setting would allow it.
        is_unknown: Whether only its name is not known, which may be so for a moment.
    """

    def __init__(self, message: str, hint: str, *, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.message, self.hint, self.is_unknown = message, hint, is_unknown


@dataclass(frozen=True)
class Endpoint:
    """Where a URL leads: its host and port, and a number of the host that may be called."""

    scheme: str
    host: str
    port: int
    address: Address | None


def is_loopback(host: str) -> bool:
    """Whether a host, as it is written, is the machine itself: `localhost`, or one of its own numbers."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parse(url: str, *, may_have_query: bool) -> Endpoint:
    """Read a URL without resolving its host.

    Raises:
        AddressRefusedError: No http(s), or credentials, a fragment, or a query that may not be there.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise AddressRefusedError(
            f"'{url}' is not an address.", "Write one such as https://host.example/path."
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefusedError(
            f"'{url}' is not an http or https address.", "Write one such as https://host.example/path."
        )
    if parts.username or parts.password or parts.fragment or (parts.query and not may_have_query):
        raise AddressRefusedError(
            "The address holds a user name, a query or a fragment.", "Put the key into an environment variable instead."
        )
    return Endpoint(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), None)


def system_lookup(host: str) -> list[str]:
    """Every number a name has, as this host resolves it."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def pin(place: Endpoint, *, named: Iterable[str], lookup: Lookup = system_lookup) -> Endpoint:
    """The place with the number to connect to, resolved and checked now; see `pin_all`."""
    return pin_all(place, named=named, lookup=lookup)[0]


def pin_all(place: Endpoint, *, named: Iterable[str], lookup: Lookup = system_lookup) -> list[Endpoint]:
    """The place with each number that may be connected to, in the order they are to be tried, resolved and checked now.

    Args:
        place: As `parse` returns it.
        named: Private hosts that are allowed: names, `name:port`, or networks such as `10.0.0.0/8`.
        lookup: Resolves names.

    Raises:
        AddressRefusedError: An unknown name, or one of its numbers is in a private network that is not allowed.
    """
    named = list(named)
    addresses = _resolve(place.host, lookup)
    for address in () if is_allowed_by_name(place, named) else addresses:
        if not _is_public(address) and not _is_in_allowed_network(address, named):
            raise AddressRefusedError(
                f"{place.host} is in a private network ({address}).",
                "If that is meant, add the host to ALLOWED_PRIVATE_HOSTS and start again.",
            )
    return [Endpoint(place.scheme, place.host, place.port, address) for address in dict.fromkeys(addresses)]


def is_allowed_by_name(place: Endpoint, named: Iterable[str]) -> bool:
    """Whether the host is allowed by its name, whatever its numbers."""
    names = {name.lower() for name in named}
    return place.host in names or f"{place.host}:{place.port}" in names


def _is_public(address: Address) -> bool:
    is_site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    if is_site_local or any(address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _is_in_allowed_network(address: Address, named: Iterable[str]) -> bool:
    for name in named:
        try:
            if address in ipaddress.ip_network(name, strict=False):
                return True
        except ValueError:
            continue
    return False


def _resolve(host: str, lookup: Lookup) -> list[Address]:
    """Every address a name has; an unknown name is refused, since nothing could be checked about it."""
    try:
        addresses = [_unwrapped(text) for text in lookup(host)]
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise AddressRefusedError(
            f"The name {host} is not known.",
            "Check the spelling, and that this host can resolve it.",
            is_unknown=True,
        )
    return addresses


def _unwrapped(text: str) -> Address:
    """An address without its disguise: ::ffff:10.0.0.1, 2002:0a00:0001:: and 64:ff9b::10.0.0.1 all lead to 10.0.0.1."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return _innermost_private(address, ipaddress.IPv4Address(int(address) & _IPV4_BITS))
    return address.ipv4_mapped or (_innermost_private(address, address.sixtofour) if address.sixtofour else address)


def _innermost_private(address: ipaddress.IPv6Address, inner: ipaddress.IPv4Address) -> Address:
    """A public address that is carried is called as it was given; a private one is shown as what it is."""
    return address if _is_public(inner) else inner
