"""Requests under other names than this site's: what mails lead to is answered, and nothing else of the site.

A mail that has gone keeps the name in its links, so they are answered under every name. Their token, not their name,
says what they may do.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from campaigns.models import SenderIdentity
from campaigns.senders.tracking_domains import site_host

# What mails lead to, and the styles of the page to leave.
_PATHS = ("/t/c/", "/t/o/", "/u/", "/static/")
FRESH_FOR_S = 15.0
# Of a header that is refused, this much stands in the log.
LONGEST_TOLD = 200


class TrackingNames:
    """Verified tracking domains, as this process last read them."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()
        self._read_s = float("-inf")

    def hold(self, name: str) -> bool:
        """Tell whether a name is a sender's; asks the database now and then."""
        if monotonic() - self._read_s > FRESH_FOR_S:
            rows = SenderIdentity.objects.exclude(tracking_domain="").filter(tracking_verified_at__isnull=False)
            self._names = frozenset(rows.values_list("tracking_domain", flat=True))
            self._read_s = monotonic()
        return name in self._names


@sync_and_async_middleware
def tracking_hosts(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware: under a sender's tracking domain there is what mails lead to, and nothing else."""
    names = TrackingNames()
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            name = _other_name(request)
            is_sender = bool(name) and await sync_to_async(names.hold)(name)
            passed: HttpResponseBase = _nothing() if is_sender else await get_response(request)
            return passed

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        name = _other_name(request)
        passed: HttpResponseBase = _nothing() if name and names.hold(name) else get_response(request)
        return passed

    return answer


def _other_name(request: HttpRequest) -> str:
    """Return the host's name where mails do not lead; empty under this site's own name and an invalid one.

    What mails lead to goes on under this site's name, so that nothing later answers to a name that is not configured.
    Django refuses an invalid name later.

    Raises:
        DisallowedHost: It looks like a host and is none, so that no address could be made of it.
    """
    host = request.META.get("HTTP_HOST", "")
    try:
        urlsplit(f"//{host}")
    except ValueError as error:
        raise DisallowedHost(f"Invalid HTTP_HOST header: {host[:LONGEST_TOLD]!r}.") from error
    name, _ = split_domain_port(host)
    if not name or name == site_host():
        return ""
    if request.path.startswith(_PATHS):
        request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return ""
    return name


def _nothing() -> HttpResponse:
    return HttpResponse("There is nothing here.", status=404, content_type="text/plain; charset=utf-8")
