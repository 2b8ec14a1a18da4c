"""Requests for a part of a page, and what differs in the answers to them."""

from __future__ import annotations

from django.http import HttpRequest

from web.errors import Refusal


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx sent the request, and so expects a part of the page."""
    return bool(getattr(request, "htmx", False))


def shown_status(request: HttpRequest, refusal: Refusal | None) -> int:
    """Return the status of a page that shows a refusal: 200 to htmx, which leaves the page as it is on an error."""
    return refusal.status if refusal and not is_htmx(request) else 200


def page_address(request: HttpRequest) -> str:
    """Return the path of the page that an answer stands on: of a part the one that htmx names, else its own."""
    part = getattr(request, "htmx", None)
    return str((part and part.current_url_abs_path) or request.get_full_path())
