"""Addresses on the network that others named: which may be called, by the settings of this installation.

Private networks are open only by name, in `ALLOWED_PRIVATE_HOSTS`. How numbers are found and judged is `places`'
affair; what is asked there is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from web.net import ssrf
from web.net.ssrf import Address, AddressRefusedError, Endpoint

__all__ = ["Address", "AddressRefusedError", "Endpoint", "check", "pin", "place_name"]


def check(url: str, *, may_have_query: bool = False, private_hosts: Sequence[str] | None = None) -> Endpoint:
    """Look at a URL without calling it.

    Args:
        url: An http or https address.
        may_have_query: Whether a query belongs to it.
        private_hosts: Private hosts that are allowed; those of the settings where none are given.

    Returns:
        The place; without a number where the host is allowed by name, which is not resolved here.

    Raises:
        AddressRefusedError: No http(s), credentials or a fragment inside, an unknown name, or a private network.
    """
    place = ssrf.parse(url, may_have_query=may_have_query)
    private_hosts = settings.ALLOWED_PRIVATE_HOSTS if private_hosts is None else private_hosts
    return place if ssrf.is_allowed_by_name(place, private_hosts) else ssrf.pin(place, private_hosts=private_hosts)


def place_name(url: str) -> str:
    """The `host:port` of a URL, as it may stand among allowed private hosts."""
    place = ssrf.parse(url, may_have_query=True)
    return f"{place.host}:{place.port}"


def pin(url: str) -> Endpoint:
    """The place of a URL with the number to connect to, resolved and checked now.

    Raises:
        AddressRefusedError: As `check`.
    """
    return ssrf.pin(ssrf.parse(url, may_have_query=True), private_hosts=settings.ALLOWED_PRIVATE_HOSTS)
