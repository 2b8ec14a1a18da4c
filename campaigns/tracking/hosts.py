"""Requests under senders' own names for links: what their mails lead to is answered, and nothing else of the site."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from campaigns.models import SenderIdentity
from campaigns.senders.tracking_domains import site_host

# What mails lead to, and the styles of the page to leave.
_PATHS = ("/t/c/", "/t/o/", "/u/", "/static/")
FRESH_FOR_S = 15.0


class TrackingHosts:
    """Middleware: under a sender's tracking domain there is what its mails lead to, and nothing else.

    The request then goes on under this site's name, so that nothing later answers to a name that is not configured.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._names: frozenset[str] = frozenset()
        self._read_s = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = urlsplit(f"//{request.META.get('HTTP_HOST', '')}")
        if _hostname(host.netloc) in ("", site_host()) or _hostname(host.netloc) not in self._verified():
            return self._get_response(request)
        if not request.path.startswith(_PATHS):
            return HttpResponse("There is nothing here.", status=404, content_type="text/plain; charset=utf-8")
        request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self._get_response(request)

    def _verified(self) -> frozenset[str]:
        if monotonic() - self._read_s > FRESH_FOR_S:
            rows = SenderIdentity.objects.exclude(tracking_domain="").filter(tracking_verified_at__isnull=False)
            self._names = frozenset(rows.values_list("tracking_domain", flat=True))
            self._read_s = monotonic()
        return self._names


def _hostname(netloc: str) -> str:
    return netloc.rpartition("@")[2].partition(":")[0].lower().rstrip(".")
