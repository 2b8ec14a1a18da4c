"""Addresses of teachers: the web, private hosts named in settings, and this machine if the site serves it alone."""

from __future__ import annotations

from django.conf import settings

from web.errors import Refusal
from web.net import allowed_hosts
from web.net.allowed_hosts import Endpoint

# All numbers of this machine for itself, of IPv4 and IPv6.
LOOPBACK = ("127.0.0.0/8", "::1/128")


def private_hosts() -> list[str]:
    """Return the private hosts at which teachers may be asked.

    A site that only its own machine reaches may ask the servers of that machine: whoever uses it reaches them anyway.
    This holds for teachers, which an admin names, and for nothing that a page, a webhook or a redirect leads to.
    """
    here = LOOPBACK if settings.SERVES_THIS_MACHINE_ALONE else ()
    return [*settings.ALLOWED_PRIVATE_HOSTS, *here]


def check(url: str) -> Endpoint:
    """Return where a teacher's address leads.

    Raises:
        Refusal: `base_url`, the product must not call it: what is wrong, and which setting would allow it.
    """
    try:
        return allowed_hosts.check(url, private_hosts=private_hosts())
    except allowed_hosts.AddressRefusedError as error:
        words = f"{error.message} {error.hint}"
        raise Refusal("base_url", error.message, hint=error.hint, errors={"base_url": [words]}) from error
