"""Public addresses in mails: a click, a tracking pixel, unsubscribing. No sign-in, no cookies."""

from __future__ import annotations

import base64
import logging
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.compose.farewells import farewell_of
from campaigns.compose.link_tokens import ForgedTokenError
from campaigns.senders import choice
from campaigns.states import Language
from campaigns.tracking import clicks
from campaigns.tracking.clicks import Visitor

logger = logging.getLogger(__name__)
LOG_EVERY_S = 60.0


class _RateLimitedLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._said_s = 0, -LOG_EVERY_S

    def seen(self, where: str) -> None:
        """Log a refused token at most once a minute. The token itself is not written down."""
        with self._lock:
            self._count += 1
            if time.monotonic() - self._said_s < LOG_EVERY_S:
                return
            count, self._count, self._said_s = self._count, 0, time.monotonic()
        logger.warning("%s forged or broken tokens came in, the last at %s.", count, where)


FORGED_TOKENS = _RateLimitedLog()


GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@require_http_methods(["GET", "HEAD"])
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the link that the token names, and to no other place."""
    try:
        url = clicks.click(token, _visitor(request))
    except ForgedTokenError:
        return _nothing("a link")
    # Written by hand: Django's redirect would take a relative address for one of ours.
    response = HttpResponse(status=302, headers={"Location": _in_ascii(url)})
    return _private(response)


@require_http_methods(["GET", "HEAD"])
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Serve a one-pixel image. A forged token gets it too: a broken image in a mail has no use."""
    try:
        clicks.opened(token, _visitor(request))
    except ForgedTokenError:
        FORGED_TOKENS.seen("a picture")
    return _private(HttpResponse(GIF, content_type="image/gif"))


# Mail programs post here without having seen a page (RFC 8058): the signed token is what authorises it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show a page with one button; only its POST, or a mail program's, changes anything."""
    try:
        if request.method == "POST":
            is_one_click = request.POST.get("List-Unsubscribe") == "One-Click"
            message = clicks.unsubscribe(token, is_one_click=is_one_click)
        else:
            message = clicks.unsubscribing_message(token)
    except ForgedTokenError:
        return _nothing("an unsubscription")
    words = farewell_of(message.contact.language)
    address = _veiled(message.contact.address)
    context = {
        "sender": choice.sender_of(message),
        "language": message.contact.language or Language.EN,
        "words": words,
        "promise": words.promise.format(address=address or "–"),
        "on_list": words.on_list.format(address=address or "–"),
        "has_left": request.method == "POST",
    }
    return _private(render(request, "campaigns/unsubscribe.html", context))


def _in_ascii(url: str) -> str:
    """Return an address as a header may hold it: its host as DNS has it, other letters percent-encoded."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    with suppress(UnicodeError):
        parts = parts._replace(netloc=parts.netloc.encode("idna").decode())
    return iri_to_uri(urlunsplit(parts))


def _visitor(request: HttpRequest) -> Visitor:
    headers = request.headers
    purpose = ",".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"))
    return Visitor(request.method or "", headers.get("User-Agent", "")[:300], purpose)


def _nothing(where: str) -> HttpResponse:
    """Answer in bare words: the site's own page of a 404 would set a cookie."""
    FORGED_TOKENS.seen(where)
    return _private(HttpResponse("There is nothing here.", status=404, content_type="text/plain; charset=utf-8"))


def _veiled(address: str) -> str:
    """Show enough of an address for its owner to recognize: a forwarded mail must not tell it."""
    local, sign, domain = address.rpartition("@")
    return f"{local[:1]}…{sign}{domain}" if sign else ""


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
