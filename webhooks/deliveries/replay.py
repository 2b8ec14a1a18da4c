"""Telling a hook again, from the log: one event, or all of a stretch of time. The log is kept for some weeks."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction

from web.errors import Refusal
from webhooks.endpoints import queries
from webhooks.models import Delivery, Hook, WebhookEvent

MAX_REPLAYED = 1000


@transaction.atomic
def replay_event(hook: Hook, event_id: UUID) -> Delivery:
    """Tell a hook of one event again; its id stays, so that a receiver sees that it knows it.

    Raises:
        Refusal: 404 when the log has no such event for this hook, 409 while the hook is paused.
    """
    _require_active(hook)
    event = WebhookEvent.objects.filter(pk=event_id).first()
    if event is not None and not queries.is_for_hook(hook, event):
        event = None
    if event is None:
        raise Refusal("no_event", "The log has no such event for this webhook.", status=404)
    return Delivery.objects.create(hook=hook, event=event, is_replay=True)


@transaction.atomic
def replay_range(hook: Hook, *, since: datetime, until: datetime | None = None) -> int:
    """Tell a hook of every event it listens to within a stretch of time, oldest first; returns how many.

    Raises:
        Refusal: 409 while the hook is paused, 422 when there are more than 1,000: ask in parts.
    """
    _require_active(hook)
    events = list(islice(queries.events_for(hook, since=since, until=until), MAX_REPLAYED + 1))
    if len(events) > MAX_REPLAYED:
        raise Refusal(
            "too_many_events",
            f"More than {MAX_REPLAYED:,} events are in this period.",
            hint=f"Replay in parts: the first {MAX_REPLAYED:,} end at "
            f"{events[MAX_REPLAYED - 1].created_at:%Y-%m-%d %H:%M:%S} UTC.",
        )
    Delivery.objects.bulk_create([Delivery(hook=hook, event=event, is_replay=True) for event in events])
    return len(events)


def _require_active(hook: Hook) -> None:
    if not hook.is_active:
        raise Refusal("hook_paused", "This webhook is paused.", hint="Resume it, then replay.", status=409)
