"""Storing what engines report: each event once, numbered without gaps under the job's row lock.

Does not know where events come from, nor what a kind makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.contracts import EngineEvent
from jobs.kinds.base import JobKind
from jobs.lifecycle.claim import lock_held
from jobs.lifecycle.transitions import append_event, last_engine_seq
from jobs.models import Job, JobEvent
from jobs.rundir.tail import BadLine

PROGRESS = "progress"


def ingest(job_id: UUID, fence: int, items: Sequence[EngineEvent | BadLine], *, kind: JobKind) -> Job:
    """Store fresh events of an attempt, in order, and let the kind consume them in the same transaction.

    What is stored already is passed over, so that a file may be read again from its beginning.

    Args:
        fence: The fence the caller holds.
        items: Whole lines of `events.jsonl` in their order; those that are no events become log events.
        kind: Its `on_events` gets the fresh events.

    Returns:
        The job as it stands, locked no more.

    Raises:
        AttemptLost: The fence has passed on; nothing is stored.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        fresh = _fresh(items, after=last_engine_seq(job)) if items else []
        if not fresh:
            return job
        rows = [_row(job, job.last_seq + number, item) for number, item in enumerate(_thinned(fresh), start=1)]
        JobEvent.objects.bulk_create(rows)
        events = [item for item in fresh if isinstance(item, EngineEvent)]
        values: dict[str, Any] = {"last_seq": job.last_seq + len(rows)}
        if payloads := [event.payload for event in events if event.kind == PROGRESS]:
            values["progress"] = {**job.progress, **{key: part for step in payloads for key, part in step.items()}}
        Job.objects.filter(pk=job_id).update(**values)
        for name, value in values.items():
            setattr(job, name, value)
        if events:
            kind.on_events(job, events)
    return job


def tell_progress(job_id: UUID, fence: int, progress: dict[str, Any]) -> Job:
    """Store how far work without an engine is.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        append_event(job, PROGRESS, progress, progress={**job.progress, **progress})
    return job


def _fresh(items: Sequence[EngineEvent | BadLine], *, after: int) -> list[EngineEvent | BadLine]:
    """Items the engine numbered later than `after`; a bad line counts with the event that follows it."""
    fresh: list[EngineEvent | BadLine] = []
    bad: list[EngineEvent | BadLine] = []
    for item in items:
        if isinstance(item, BadLine):
            bad.append(item)
        elif item.seq > after:
            fresh += [*bad, item]
            bad, after = [], item.seq
        else:
            bad = []
    return fresh + bad


def _thinned(items: Sequence[EngineEvent | BadLine]) -> list[EngineEvent | BadLine]:
    """Drop all progress events but the last, which supersedes them."""
    last = max(
        (i for i, item in enumerate(items) if isinstance(item, EngineEvent) and item.kind == PROGRESS), default=-1
    )
    return [
        item
        for i, item in enumerate(items)
        if i == last or not (isinstance(item, EngineEvent) and item.kind == PROGRESS)
    ]


def _row(job: Job, seq: int, item: EngineEvent | BadLine) -> JobEvent:
    if isinstance(item, BadLine):
        message = f"Line {item.number} of events.jsonl was passed over: {item.reason}."
        payload = {"level": "warning", "message": message, "excerpt": item.excerpt}
        return JobEvent(job=job, seq=seq, fence=job.run_fence, ts=timezone.now(), kind="log", payload=payload)
    return JobEvent(
        job=job,
        seq=seq,
        fence=job.run_fence,
        engine_seq=item.seq,
        ts=_time(item.ts),
        kind=item.kind[:30],
        payload=item.payload,
    )


def _time(ts: float) -> datetime:
    try:
        return datetime.fromtimestamp(ts, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return timezone.now()
