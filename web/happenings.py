"""Port by which rooms tell that something happened; above them, webhooks tell it to other programs."""

from __future__ import annotations

from typing import Any

from web.ports import Port


def _to_nobody(kind: str, *, key: str, task_slug: str, data: dict[str, Any]) -> object:
    return None


# Called inside the transaction in which it happens, as `webhooks.deliveries.publish.publish` is.
tell = Port(_to_nobody)
