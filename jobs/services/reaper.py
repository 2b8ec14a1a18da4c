"""What nobody looks after any more: expired leases, rings nobody heard, ends nobody was told. Run by the beat.

One reaper runs at a time (`turns`); should two, each row is looked at again under its lock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs import ports
from jobs.clock import in_s
from jobs.contracts import EngineError, Result
from jobs.models import Job
from jobs.services import consumers, doorbell, incidents, presence, turns
from jobs.services.ending import given_up
from jobs.services.moves import locked, move
from jobs.states import CLAIMABLE, HELD, JobState

logger = logging.getLogger(__name__)
AT_ONCE = 200
T = TypeVar("T")


def reap() -> dict[str, int]:
    """One round, unless another reaper is at it; returns what it found, by name."""
    with turns.take() as turn:
        return _round(turn) if turn else {}


def _round(turn: turns.Turn) -> dict[str, int]:
    return {
        "expired": sum(_release(job_id) for job_id in _each(_expired(), turn)),
        "rung": sum(_ring_again(job_id, queue) for job_id, queue in _each(_unheard(), turn)),
        "marked": _look_through(),
        "told": consumers.call_missed(keep_turn=turn.keep),
        "gone": presence.forget_gone(),
    }


def _each(found: Iterable[T], turn: turns.Turn) -> Iterator[T]:
    for one in found:
        turn.keep()
        yield one


def _look_through() -> int:
    if not turns.is_due_to_look_through():
        return 0
    marked = consumers.mark_unheard()
    turns.looked_through()
    return marked


def _expired() -> list[UUID]:
    lapsed = Job.objects.filter(state__in=HELD, lease_until__lt=Now()).order_by("lease_until")
    return list(lapsed.values_list("pk", flat=True)[:AT_ONCE])


def _release(job_id: UUID) -> int:
    with transaction.atomic():
        if not Job.objects.filter(pk=job_id, state__in=HELD, lease_until__lt=Now()).exists():
            return 0  # Renewed, or released by another reaper.
        job = locked(job_id)
        reason = f"The worker {job.worker} stopped answering."
        # The fence moves with the release, so that a worker that wakes now writes nothing.
        passed_on: dict[str, Any] = {"fence": job.fence + 1, "lease_until": None, "worker": ""}
        if job.state == JobState.PAUSING:
            move(job, JobState.PAUSED, reason=reason, **passed_on)
        elif job.state == JobState.CANCELLING:
            move(job, JobState.CANCELLED, reason=reason, **passed_on)
            _tell_kind(job, Result(outcome="stopped"))
        elif (counted := incidents.after_one_more(job))["crashes"] >= settings.JOB_MAX_ATTEMPTS:
            error = given_up(EngineError(code="worker_lost", message=reason), counted["crashes"])
            move(job, JobState.FAILED, reason=error.message, error=error.model_dump(), **passed_on)
            _tell_kind(job, Result(outcome="failed", error=error))
        else:
            move(job, JobState.QUEUED, reason=reason, **counted, **passed_on)
            doorbell.ring_after_commit(job.pk, job.queue)
    logger.warning("Job %s: %s It is %s now.", job_id, reason, job.state)
    return 1


def _tell_kind(job: Job, result: Result) -> None:
    if kind := ports.KINDS.get(job.kind):
        kind.on_finished(job, result, {})
    consumers.call_after_commit(job)


def _unheard() -> list[tuple[UUID, str]]:
    silent = Job.objects.filter(state__in=CLAIMABLE, rung_at__lt=in_s(-settings.JOB_RERING_S)).order_by("queued_at")
    return list(silent.values_list("pk", "queue")[:AT_ONCE])


def _ring_again(job_id: UUID, queue: str) -> int:
    mine = Job.objects.filter(pk=job_id, state__in=CLAIMABLE, rung_at__lt=in_s(-settings.JOB_RERING_S))
    if not mine.update(rung_at=Now()):
        return 0
    return int(doorbell.publish(job_id, queue))
