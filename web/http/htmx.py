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
