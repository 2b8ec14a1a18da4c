"""Resolve the IP addresses of a URL and check whether they may be called. Pure Python: engines use it too.

A name is resolved once, every address it has is checked, and the caller connects to a checked address, since the
name may be pointed elsewhere between the check and the call. Callers say which private hosts are allowed.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# From a name to its numbers as text; raises OSError where the name is not known.
Lookup = Callable[[str], Sequence[str]]
# Networks that the ipaddress module of some Python calls global, and that lead inside all the same: the cloud's own
# services (Azure's at 168.63.129.16, Oracle's at 192.0.0.192, in a block kept for protocols), and what documents use
# (RFC 9637).
_NEVER_PUBLIC = [ipaddress.ip_network(name) for name in ("168.63.129.16/32", "192.0.0.0/24", "3fff::/20")]
# All that is given out of IPv6 for the public network (RFC 4291, section 2.4); the module calls much beyond it global
# too.
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
# Addresses of IPv6 that carry one of IPv4 in their last 32 bits (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF
LOOKUP_S = 10.0
DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile("[\x00-\x1f\x7f]")


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
    """Target of a URL: its host and port and, once pinned, an IP address that may be called."""

    scheme: str
    host: str
    port: int
    address: Address | None


def is_loopback(host: str) -> bool:
    """Return whether a host, as it is written, is the machine itself: `localhost`, or one of its own numbers."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parse(url: str, *, may_have_query: bool) -> Endpoint:
    """Read a URL without resolving its host.

    Returns:
        The place without a number, its host as DNS has it: in small letters and, where it is international, in
        Punycode.

    Raises:
        AddressRefusedError: No http(s), or credentials, a fragment, a control character, or a query that may not be
            there.
    """
    try:
        parts = urlsplit(url)
        host, port = _ascii_name((parts.hostname or "").lower().rstrip(".")), parts.port
        if _CONTROL.search(url):
            raise ValueError
    except ValueError:
        raise AddressRefusedError(
            f"'{_CONTROL.sub('?', url)}' is not an address.", "Write one such as https://host.example/path."
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefusedError(
            f"'{url}' is not an http or https address.", "Write one such as https://host.example/path."
        )
    if parts.username or parts.password or parts.fragment or (parts.query and not may_have_query):
        raise AddressRefusedError(
            "The address holds a user name, a query or a fragment.", "Put the key into an environment variable instead."
        )
    return Endpoint(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], None)


def _ascii_name(host: str) -> str:
    """A host's name in ASCII; ValueError where it is no name."""
    if host.isascii():
        return host
    # Slow to load, and few names need it.
    from httpx import URL, InvalidURL

    try:
        return URL(scheme="http", host=host).raw_host.decode("ascii")
    except InvalidURL as error:
        raise ValueError(str(error)) from None


def system_lookup(host: str) -> list[str]:
    """Every number a name has, as this host resolves it.

    Raises:
        OSError: The name is not known, or not within `LOOKUP_S`: a resolver alone may try for minutes.
        UnicodeError: It is no name.
    """
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()
    # Nothing ends a lookup that was begun; its thread ends when the resolver gives up.
    Thread(target=_look_up, args=(host, answers), name="lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=LOOKUP_S)
    except Empty:
        raise TimeoutError(f"no answer for {host} within {LOOKUP_S:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _look_up(host: str, answers: SimpleQueue[list[str] | Exception]) -> None:
    try:
        answers.put([str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)])
    except (OSError, UnicodeError) as error:
        answers.put(error)


def pin(place: Endpoint, *, private_hosts: Iterable[str], lookup: Lookup = system_lookup) -> Endpoint:
    """The place with the number to connect to, resolved and checked now; see `pin_all`."""
    return pin_all(place, private_hosts=private_hosts, lookup=lookup)[0]


def pin_all(place: Endpoint, *, private_hosts: Iterable[str], lookup: Lookup = system_lookup) -> list[Endpoint]:
    """The place with each number that may be connected to, in the order they are to be tried, resolved and checked now.

    Args:
        place: As `parse` returns it.
        private_hosts: Private hosts that are allowed: names, `name:port`, or networks such as `10.0.0.0/8`.

    Raises:
        AddressRefusedError: An unknown name, or one of its numbers is in a private network that is not allowed.
    """
    private_hosts = list(private_hosts)
    addresses = _resolve(place.host, lookup)
    for address in () if is_allowed_by_name(place, private_hosts) else addresses:
        if not _is_public(address) and not _is_in_allowed_network(address, private_hosts):
            raise AddressRefusedError(
                f"{place.host} is in a private network ({address}).",
                "If that is meant, add the host to ALLOWED_PRIVATE_HOSTS and start again.",
            )
    return [Endpoint(place.scheme, place.host, place.port, address) for address in dict.fromkeys(addresses)]


def is_allowed_by_name(place: Endpoint, private_hosts: Iterable[str]) -> bool:
    """Return whether the host is allowed by its name, whatever its addresses."""
    names = {name.lower() for name in private_hosts}
    return place.host in names or f"{place.host}:{place.port}" in names


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_IPV6 and address not in _NAT64:
        return False
    return address.is_global and not address.is_multicast


def _is_in_allowed_network(address: Address, private_hosts: Iterable[str]) -> bool:
    for name in private_hosts:
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
