"""What every page's frame shows: the rail, the task in hand, the ribbon of the demo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame."""
    return {"demo": settings.DEMO}
