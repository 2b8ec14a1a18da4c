"""Addresses on the network that others named: which may be called, and the numbers they stand for.

A name is resolved once, every number it has is checked, and the caller connects to a number that was checked: between the
check and the call a name may be pointed elsewhere. Private networks are open only by name, in `ALLOWED_PRIVATE_HOSTS`. It
does not know what is asked there.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefusedError(Exception):
    """An address the product must not call.

    Args:
        message: What is wrong with it.
        hint: How to mend it, or which setting would allow it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Place:
    """Where a URL leads: its host and port, and a number of the host that may be called."""

    scheme: str
    host: str
    port: int
    address: Address | None


def check(url: str, *, may_have_query: bool = False) -> Place:
    """Look at a URL without calling it.

    Args:
        url: An http or https address.
        may_have_query: Whether a query belongs to it.

    Returns:
        The place; without a number where the host is allowed by name, which is not resolved here.

    Raises:
        AddressRefusedError: No http(s), credentials or a fragment inside, an unknown name, or a private network.
    """
    place = _read(url, may_have_query=may_have_query)
    return place if _is_named(place.host, place.port) else _resolved(place, must_be_public=True)


def pin(url: str) -> Place:
    """The place of a URL with the number to connect to, resolved and checked now.

    Raises:
        AddressRefusedError: As `check`.
    """
    place = _read(url, may_have_query=True)
    return _resolved(place, must_be_public=not _is_named(place.host, place.port))


def _read(url: str, *, may_have_query: bool) -> Place:
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
    return Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), None)


def _resolved(place: Place, *, must_be_public: bool) -> Place:
    found = _addresses_of(place.host)
    for address in found if must_be_public else ():
        if not address.is_global and not _is_in_named_network(address):
            raise AddressRefusedError(
                f"{place.host} is in a private network ({address}).",
                "If that is meant, add the host to ALLOWED_PRIVATE_HOSTS and start again.",
            )
    return Place(place.scheme, place.host, place.port, found[0])


def _is_named(host: str, port: int) -> bool:
    named = {name.lower() for name in settings.ALLOWED_PRIVATE_HOSTS}
    return host in named or f"{host}:{port}" in named


def _is_in_named_network(address: Address) -> bool:
    for name in settings.ALLOWED_PRIVATE_HOSTS:
        try:
            if address in ipaddress.ip_network(name, strict=False):
                return True
        except ValueError:
            continue
    return False


def _addresses_of(host: str) -> list[Address]:
    """Every address a name has; an unknown name is refused, since nothing could be checked about it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefusedError(
            f"The name {host} is not known.", "Check the spelling, and that this host can resolve it."
        ) from None
    return [_plain(str(entry[4][0])) for entry in found]


def _plain(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    # ::ffff:10.0.0.1 is 10.0.0.1 in disguise.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
