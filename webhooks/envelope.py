"""What is sent for a delivery: the body, equal at every attempt, and headers that sign it."""

from __future__ import annotations

import json

from django.utils import timezone

from web import sealed
from webhooks import signing
from webhooks.models import Delivery, Hook


def wrapped(delivery: Delivery, *, at: int) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a call.

    Args:
        delivery: With its hook and event.
        at: Unix time of the call, seconds.

    Raises:
        web.sealed.UnreadableError: The hook's secret cannot be read any more.
    """
    event = delivery.event
    message = {
        "id": str(event.pk),
        "event": event.kind,
        "created_at": event.created_at.isoformat(),
        "task": event.task_slug,
        "data": event.data,
    }
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "miniatures-webhooks/1",
        "Miniatures-Event": event.kind,
        "Miniatures-Event-Id": str(event.pk),
        "Miniatures-Delivery-Id": str(delivery.pk),
        signing.HEADER: signing.signature(body, keys=_keys(delivery.hook), at=at),
    }
    return body, headers


def _keys(hook: Hook) -> list[str]:
    keys = [sealed.unseal(hook.secret)]
    if hook.old_secret and hook.old_secret_until and hook.old_secret_until > timezone.now():
        keys.append(sealed.unseal(hook.old_secret))
    return keys
