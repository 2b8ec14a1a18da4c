"""Recognition of requests for a part of a page."""

from __future__ import annotations

from django.http import HttpRequest


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx sent the request, and so expects a part of the page."""
    return bool(getattr(request, "htmx", False))
