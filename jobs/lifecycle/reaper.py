"""Recover what got lost: expired leases, messages that no worker took, ends that no consumer was told. Run by the beat.

One reaper runs at a time (`reaper_lock`); should two, each row is looked at again under its lock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs.contracts import EngineError, Result
from jobs.kinds import registry
from jobs.lifecycle import consumers, end, notify, parts, reaper_lock
from jobs.lifecycle.end import give_up_error
from jobs.lifecycle.transitions import transition
from jobs.models import Job
from jobs.rundir import identity
from jobs.rundir.identity import ProcessMark
from jobs.scheduling import workers
from jobs.scheduling.clock import database_time_in
from jobs.states import CLAIMABLE, HELD, JobState

logger = logging.getLogger(__name__)
AT_ONCE = 200
T = TypeVar("T")


def tick() -> None:
    """A round, and further ones while ends are left to be told, for a fifth of the time to the next tick at most.

    Each round is short and begins with expired leases, so a long list of ends holds up no job.
    """
    began, until = timezone.now(), time.monotonic() + settings.JOB_REAPER_EVERY_S / 5
    counts = reap()
    while counts.get("told") == consumers.CALLED_AT_ONCE and time.monotonic() < until:
        counts = reap(left_since=began)


def reap(*, left_since: datetime | None = None) -> dict[str, int]:
    """One round, unless another reaper is at it; returns what it found, by name.

    Args:
        left_since: When the tick began that this is a further round of. Such a round scans nothing, and calls no
            consumer again that has failed in an earlier one.
    """
    with reaper_lock.acquire() as turn:
        return _round(turn, left_since) if turn else {}


def _round(turn: reaper_lock.ReaperLock, left_since: datetime | None) -> dict[str, int]:
    _end_leases_of_dead()
    expired = sum(_release(job_id) for job_id in _each(_expired(), turn))
    reaper_lock.count_lost_leases(expired)
    return {
        "expired": expired,
        "rung": sum(_notify_again(job_id, queue) for job_id, queue in _each(_never_claimed(), turn)),
        "marked": 0 if left_since else _scan_slice(),
        "told": consumers.call_missed(marked_by=left_since, keep_turn=turn.keep),
        "gone": workers.forget_gone(),
    }


def _each(items: Iterable[T], turn: reaper_lock.ReaperLock) -> Iterator[T]:
    for item in items:
        turn.keep()
        yield item


def _scan_slice() -> int:
    cursor = reaper_lock.scan_cursor()
    if cursor is None:
        return 0
    marked, cursor = consumers.mark_missed(cursor=cursor)
    reaper_lock.record_slice(cursor)
    return marked


def _end_leases_of_dead() -> None:
    """End the leases of inline work whose worker's process is dead, as its own host and boot can see at once."""
    inline = [name for name, kind in registry.KINDS.items() if kind.engine_module is None]
    host = {"host_id": identity.host_id(), "boot_id": identity.boot_id()}
    begun = Job.objects.filter(state__in=HELD, run_fence=F("fence"), kind__in=inline, **host)
    # Of a process whose start the system did not tell, nothing is known.
    for pk, fence, pid, pid_started in begun.exclude(pid_started="").values_list("pk", "fence", "pid", "pid_started"):
        if not identity.is_alive(ProcessMark(pid=pid, pid_started=pid_started, **host)):
            mine = Job.objects.filter(pk=pk, fence=fence, state__in=HELD)
            mine.update(lease_until=database_time_in(-1), engine_until=None)


def _expired() -> list[UUID]:
    lapsed = Job.objects.filter(state__in=HELD, lease_until__lt=Now()).order_by("lease_until")
    return list(lapsed.values_list("pk", flat=True)[:AT_ONCE])


def _release(job_id: UUID) -> int:
    """Give one job back; one that cannot be given back now is tried again at the next round, and holds up no other."""
    try:
        with transaction.atomic():
            job = lock_expired(job_id)
            if job is None:
                return 0  # Renewed, ended, or released by another reaper.
            reason = _give_back(job)
    except Exception:
        logger.exception("The lease of job %s has ended, and could not be released.", job_id)
        return 0
    logger.warning("Job %s: %s It is %s now.", job_id, reason, job.state)
    return 1


def lock_expired(job_id: UUID) -> Job | None:
    """The job, locked, if its lease has ended: asked with the lock, since it may have been renewed or ended by now."""
    expired = Job.objects.select_for_update().filter(pk=job_id, state__in=HELD, lease_until__lt=Now())
    return expired.first()


def _give_back(job: Job) -> str:
    reason = f"The worker {job.worker} stopped answering."
    # The fence moves with the release, so that a worker that wakes now writes nothing.
    passed_on: dict[str, Any] = {"fence": job.fence + 1, "lease_until": None, "worker": ""}
    if job.state == JobState.PAUSING:
        transition(job, JobState.PAUSED, reason=reason, **passed_on)
    elif job.state == JobState.CANCELLING:
        transition(job, JobState.CANCELLED, reason=reason, **passed_on)
        _tell_kind(job, Result(outcome="stopped"))
    elif (counted := end.count_crash(job))["crashes"] >= end.attempts_allowed(job):
        error = give_up_error(EngineError(code="worker_lost", message=reason), counted["crashes"])
        transition(job, JobState.FAILED, reason=error.message, error=error.model_dump(), **passed_on)
        _tell_kind(job, Result(outcome="failed", error=error))
    else:
        transition(job, JobState.QUEUED, reason=reason, **counted, **passed_on)
        notify.notify_after_commit(job.pk, job.queue)
    # Its engine, should it live, saves and ends with them.
    parts.disband(job)
    return reason


def _tell_kind(job: Job, result: Result) -> None:
    if kind := registry.KINDS.get(job.kind):
        try:
            with transaction.atomic():
                kind.on_finished(job, result, {})
        except (OperationalError, InterfaceError):
            raise  # The database is away: all of it is tried again.
        except Exception:
            # A kind that cannot hear of the end must not keep its job from ending.
            logger.exception("The kind %s could not consume the end of job %s.", job.kind, job.pk)
    consumers.call_after_commit(job)


def _never_claimed() -> list[tuple[UUID, str]]:
    silent = Job.objects.filter(state__in=CLAIMABLE, rung_at__lt=database_time_in(-settings.JOB_RERING_S)).order_by(
        "queued_at"
    )
    return list(silent.values_list("pk", "queue")[:AT_ONCE])


def _notify_again(job_id: UUID, queue: str) -> int:
    mine = Job.objects.filter(pk=job_id, state__in=CLAIMABLE, rung_at__lt=database_time_in(-settings.JOB_RERING_S))
    if not mine.update(rung_at=Now()):
        return 0
    return int(notify.send(job_id, queue))
