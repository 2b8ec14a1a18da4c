"""How attempts end: a job done, failed, at rest, or queued again. Each write carries the fence.

Does not know processes; it is told what became of them.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs import ports
from jobs.clock import in_s
from jobs.contracts import EngineError, Result
from jobs.models import Job
from jobs.services import consumers, doorbell, incidents
from jobs.services.claiming import held
from jobs.services.moves import move
from jobs.states import CLAIMABLE, JobState

logger = logging.getLogger(__name__)
# What a release to rest or to the queue leaves behind: nobody holds the job, and no engine of it lives.
UNHELD: dict[str, Any] = {"lease_until": None, "engine_until": None, "worker": "", "pid": None, "pid_started": ""}


def succeed(job_id: UUID, fence: int, *, result: Result, collected: dict[str, Any]) -> Job:
    """End a job as succeeded, with the kind's consequences in the same transaction.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = held(job_id, fence)
        _end(job, JobState.SUCCEEDED, result, collected, result={**result.summary, **collected}, error=None)
    return job


def fail(job_id: UUID, fence: int, *, error: EngineError, result: Result | None = None) -> Job:
    """End a job as failed; a person may resume it.

    Raises:
        AttemptLost: The fence has passed on.
    """
    result = result or Result(outcome="failed", error=error)
    with transaction.atomic():
        job = held(job_id, fence)
        try:
            with transaction.atomic():
                _end(job, JobState.FAILED, result, {}, reason=error.message, error=error.model_dump())
        except Exception:
            # A kind that cannot even hear of a failure must not keep its job from ending.
            logger.exception("The kind %s could not consume the failure of job %s.", job.kind, job_id)
            job = held(job_id, fence)
            move(job, JobState.FAILED, reason=error.message, error=error.model_dump(), settled=True, **UNHELD)
            _after(job)
    return job


def stopped(job_id: UUID, fence: int, *, reason: str = "") -> Job:
    """Bring to rest a job that was asked to stop and has: paused, or cancelled.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = held(job_id, fence)
        if job.state == JobState.CANCELLING:
            _end(job, JobState.CANCELLED, Result(outcome="stopped"), {}, reason=reason)
        else:
            move(job, JobState.PAUSED, reason=reason, settled=True, **UNHELD)
            _after(job)
    return job


def crashed(job_id: UUID, fence: int, *, error: EngineError, keeps_result: bool = False) -> Job:
    """An attempt ended without a word: queue the job again, or fail it after too many such ends without progress.

    One that was being stopped comes to rest instead. With `keeps_result` the next claim reads the result again.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = held(job_id, fence)
        if job.state != JobState.RUNNING:
            return stopped(job_id, fence, reason=error.message)
        counted = incidents.after_one_more(job)
        if counted["crashes"] >= settings.JOB_MAX_ATTEMPTS:
            return fail(job_id, fence, error=given_up(error, counted["crashes"]))
        move(job, JobState.QUEUED, reason=error.message, settled=not keeps_result, **counted, **UNHELD)
        doorbell.ring_after_commit(job.pk, job.queue)
    return job


def wait(job_id: UUID, fence: int, *, reason: str, again_s: float) -> Job:
    """Let a job wait for others without a worker; it is rung for again after `again_s` at the latest.

    One that is being stopped comes to rest instead.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = held(job_id, fence)
        if job.state != JobState.RUNNING:
            return stopped(job_id, fence)
        # The reaper rings for what has not been rung for a while; a later mark puts that off.
        rung_at = in_s(again_s - settings.JOB_RERING_S)
        move(job, JobState.WAITING, reason=reason, rung_at=rung_at, settled=True, **UNHELD)
    return job


def let_go(job_id: UUID, fence: int, *, engine_lives: bool, reason: str = "") -> Job:
    """Give a job back because its worker is leaving, or for `reason`. Its engine may go on; the next claim takes it up.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = held(job_id, fence)
        if job.state != JobState.RUNNING:
            # Asked to stop, but not stopped yet: whoever reaps the lease brings it to rest.
            Job.objects.filter(pk=job_id).update(lease_until=Now())
            return job
        reason = reason or ("The worker left; the engine goes on." if engine_lives else "The worker left.")
        values = {} if engine_lives else {**UNHELD, "settled": True}
        move(job, JobState.QUEUED, reason=reason, **{"lease_until": None, "worker": "", **values})
        doorbell.ring_after_commit(job.pk, job.queue)
    return job


def given_up(error: EngineError, times: int) -> EngineError:
    """The error of a job that is not tried again."""
    return EngineError(
        code=error.code,
        message=f"{error.message} It has happened {times} times without progress in between, so the job is not tried again.",
        hint=error.hint or "Read the end of the log, mend the cause, then resume the job.",
    )


def _end(
    job: Job, state: JobState, told: Result, collected: dict[str, Any], *, reason: str = "", **values: Any
) -> None:
    move(job, state, reason=reason, settled=True, **UNHELD, **values)
    if kind := ports.KINDS.get(job.kind):
        kind.on_finished(job, told, collected)
    consumers.call_after_commit(job)
    _after(job)


def _after(job: Job) -> None:
    """A slot is free: ring for the one of this kind that has waited longest."""
    waiting = Job.objects.filter(kind=job.kind, state__in=CLAIMABLE).order_by("queued_at").first()
    if waiting is not None:
        doorbell.ring_after_commit(waiting.pk, waiting.queue)
