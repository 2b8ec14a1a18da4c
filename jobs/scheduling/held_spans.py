"""Stretches in which jobs were held by a worker, from their moves. Knows no price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.models import Job, JobEvent
from jobs.states import HELD


@dataclass(frozen=True)
class HeldSpan:
    host: str
    seconds: float


def held_spans(events: Iterable[tuple[datetime, Mapping[str, Any]]], *, host: str, now: datetime) -> list[HeldSpan]:
    """Stretches in which a job was held, from its moves in order.

    Args:
        events: When, and the payload of each `state` event.
        host: Where it ran when a move does not say.
        now: Until when a stretch lasts that has not ended.
    """
    spans: list[HeldSpan] = []
    began: tuple[str, datetime] | None = None
    for at, payload in events:
        is_held = payload.get("state") in HELD
        if is_held and began is None:
            began = (str(payload.get("host") or host), at)
        elif not is_held and began is not None:
            spans.append(HeldSpan(began[0], (at - began[1]).total_seconds()))
            began = None
    if began is not None:
        spans.append(HeldSpan(began[0], (now - began[1]).total_seconds()))
    # A clock that was set back gives no time back.
    return [HeldSpan(each.host, max(0.0, each.seconds)) for each in spans]


def spans_of(
    jobs: Sequence[Job], *, since: datetime | None = None, now: datetime | None = None
) -> dict[UUID, list[HeldSpan]]:
    """Return the stretches in which each of these jobs was held, by its id; with `since` no moment before it."""
    moves: dict[UUID, list[tuple[datetime, Mapping[str, Any]]]] = defaultdict(list)
    events = JobEvent.objects.filter(job__in=[job.pk for job in jobs], kind="state").order_by("job", "seq")
    for job_id, at, payload in events.values_list("job_id", "ts", "payload"):
        moves[job_id].append((max(at, since) if since else at, payload))
    until = now or timezone.now()
    return {job.pk: held_spans(moves[job.pk], host=job.host_id, now=until) for job in jobs}
