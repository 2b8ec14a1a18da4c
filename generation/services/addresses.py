"""Guards the addresses of teachers: http(s) only, no credentials inside, private networks only by name.

Called when a teacher is saved and again before each attempt: a name may point elsewhere by then.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from web.errors import Refusal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check(url: str) -> None:
    """Refuse an address the product must not call.

    Raises:
        Refusal: `base_url`, saying what is wrong and which setting would allow it.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise _refused(f"'{url}' is not an address.", "Write one such as https://host.example/v1.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _refused(f"'{url}' is not an http or https address.", "Write one such as https://host.example/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise _refused(
            "The address holds a user name, a query or a fragment.", "Put the key into an environment variable instead."
        )
    if _is_named(host, port):
        return
    for address in _addresses_of(host):
        if not address.is_global and not _is_in_named_network(address):
            raise _refused(
                f"{host} is in a private network ({address}).",
                "If that is meant, add the host to ALLOWED_PRIVATE_HOSTS and start again.",
            )


def _is_named(host: str, port: int | None) -> bool:
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
    except OSError:
        raise _refused(
            f"The name {host} is not known.", "Check the spelling, and that this host can resolve it."
        ) from None
    return [_plain(str(entry[4][0])) for entry in found]


def _plain(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    # ::ffff:10.0.0.1 is 10.0.0.1 in disguise.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _refused(message: str, hint: str) -> Refusal:
    return Refusal("base_url", message, hint=hint, errors={"base_url": [f"{message} {hint}"]})
