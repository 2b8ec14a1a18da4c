"""Ends of attempts: a job succeeds, fails, rests, or is queued again. Each write carries the fence.

Does not know processes: callers pass in how those ended.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs.contracts import EngineError, Result
from jobs.kinds import registry
from jobs.lifecycle import consumers, notify, parts
from jobs.lifecycle.claim import lock_held
from jobs.lifecycle.transitions import transition
from jobs.models import Job
from jobs.scheduling.clock import database_time_in
from jobs.states import CLAIMABLE, JobState


def count_crash(job: Job) -> dict[str, Any]:
    """Columns of a locked job whose attempt has ended unplanned.

    Returns:
        `crashes`: such ends since it last came further, this one included; `reached`: how far it has come.
    """
    kind = registry.KINDS.get(job.kind)
    reached = kind.reached(job) if kind else 0
    has_advanced = job.reached is not None and reached > job.reached
    return {"crashes": 1 if has_advanced else job.crashes + 1, "reached": max(reached, job.reached or 0)}


logger = logging.getLogger(__name__)
# What a release to rest or to the queue leaves behind: the job has no holder, and no engine of it lives.
_RELEASED: dict[str, Any] = {"lease_until": None, "engine_until": None, "worker": "", "pid": None, "pid_started": ""}


def succeed(job_id: UUID, fence: int, *, result: Result, collected: dict[str, Any]) -> Job:
    """End a job as succeeded, with the kind's consequences in the same transaction.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        _end(job, JobState.SUCCEEDED, result, collected, result={**result.summary, **collected}, error=None)
    return job


def fail(job_id: UUID, fence: int, *, error: EngineError, result: Result | None = None) -> Job:
    """End a job as failed; a person may resume it.

    Raises:
        AttemptLost: The fence has passed on.
    """
    result = result or Result(outcome="failed", error=error)
    with transaction.atomic():
        job = lock_held(job_id, fence)
        try:
            with transaction.atomic():
                _end(job, JobState.FAILED, result, {}, reason=error.message, error=error.model_dump())
        except Exception:
            # A kind that cannot even hear of a failure must not keep its job from ending.
            logger.exception("The kind %s could not consume the failure of job %s.", job.kind, job_id)
            job = lock_held(job_id, fence)
            _let_go(job, JobState.FAILED, reason=error.message, error=error.model_dump())
            _notify_next(job)
    return job


def stopped(job_id: UUID, fence: int, *, reason: str = "") -> Job:
    """Bring to rest a job that was asked to stop and has: paused, or cancelled.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        if job.state == JobState.CANCELLING:
            _end(job, JobState.CANCELLED, Result(outcome="stopped"), {}, reason=reason)
        else:
            _let_go(job, JobState.PAUSED, reason=reason)
            _notify_next(job)
    return job


def crashed(job_id: UUID, fence: int, *, error: EngineError, keeps_result: bool = False) -> Job:
    """An attempt ended without a word: queue the job again, or fail it after too many such ends without progress.

    One that was being stopped comes to rest instead. With `keeps_result` the next claim takes up what is left of the
    attempt: its result, or an engine that still runs.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        if job.state != JobState.RUNNING:
            return stopped(job_id, fence, reason=error.message)
        counted = count_crash(job)
        if counted["crashes"] >= attempts_allowed(job):
            return fail(job_id, fence, error=give_up_error(error, counted["crashes"]))
        _queue_again(job, reason=error.message, is_left=keeps_result and not job.settled, **counted)
    return job


def wait(job_id: UUID, fence: int, *, reason: str, again_s: float) -> Job:
    """Let a job wait for others without a worker; it is rung for again after `again_s` at the latest.

    One that is being stopped comes to rest instead.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        if job.state != JobState.RUNNING:
            return stopped(job_id, fence)
        # The reaper rings for what has not been rung for a while; a later mark puts that off.
        rung_at = database_time_in(again_s - settings.JOB_RERING_S)
        _let_go(job, JobState.WAITING, reason=reason, rung_at=rung_at)
    return job


def release(job_id: UUID, fence: int, *, engine_lives: bool, reason: str = "") -> Job:
    """Give a job back because its worker is leaving, or for `reason`. Its engine may go on; the next claim takes it up.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        if job.state != JobState.RUNNING:
            # Asked to stop, but not stopped yet: the reaper brings it to rest when the lease expires.
            Job.objects.filter(pk=job_id).update(lease_until=Now())
            return job
        reason = reason or ("The worker left; the engine continues." if engine_lives else "The worker left.")
        _queue_again(job, reason=reason, is_left=engine_lives)
    return job


def attempts_allowed(job: Job) -> int:
    """Unplanned ends without progress after which a job is given up."""
    kind = registry.KINDS.get(job.kind)
    return kind.attempts_allowed if kind else int(settings.JOB_MAX_ATTEMPTS)


def give_up_error(error: EngineError, times: int) -> EngineError:
    """The error of a job that is not tried again."""
    return EngineError(
        code=error.code,
        message=f"{error.message} It has happened {times} times without progress in between, "
        "so the job is not tried again.",
        hint=error.hint or "Read the end of the log, fix the cause, then resume the job.",
    )


def _end(
    job: Job, state: JobState, engine_result: Result, collected: dict[str, Any], *, reason: str = "", **values: Any
) -> None:
    _let_go(job, state, reason=reason, **values)
    if kind := registry.KINDS.get(job.kind):
        kind.on_finished(job, engine_result, collected)
    logger.info("A job of the kind %s is %s now.", job.kind, state, extra={"job_id": job.pk, "kind": job.kind})
    consumers.call_after_commit(job)
    _notify_next(job)


def _let_go(job: Job, target: JobState, *, reason: str = "", **values: Any) -> None:
    """Bring a locked job to `target` that no engine works for any more, here or on other hosts."""
    transition(job, target, reason=reason, settled=True, **_RELEASED, **values)
    parts.disband(job)


def _queue_again(job: Job, *, reason: str, is_left: bool, **values: Any) -> None:
    """Queue a locked job again; with `is_left` the next claim looks after what its attempt has left."""
    if is_left:
        transition(job, JobState.QUEUED, reason=reason, lease_until=None, worker="", **values)
    else:
        _let_go(job, JobState.QUEUED, reason=reason, **values)
    notify.notify_after_commit(job.pk, job.queue)


def _notify_next(job: Job) -> None:
    waiting = Job.objects.filter(kind=job.kind, state__in=CLAIMABLE).order_by("queued_at").first()
    if waiting is not None:
        notify.notify_after_commit(waiting.pk, waiting.queue)
