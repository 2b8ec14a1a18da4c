"""Services by which people launch, pause, resume, cancel and prioritise jobs. They ignore who does the work."""

from __future__ import annotations

import logging
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit import trail
from jobs.contracts import Result
from jobs.kinds import registry
from jobs.lifecycle import consumers, notify
from jobs.lifecycle.transitions import append_event, lock_job, transition
from jobs.models import Job
from jobs.states import CLAIMABLE, FINISHED, JobState
from members import session
from members.models import Member
from web.errors import Refusal, unknown
from web.logs import context

logger = logging.getLogger(__name__)

PRIORITIES: Final = {"low": -1, "normal": 0, "high": 1}


def launch(
    *,
    kind: str,
    title: str,
    spec: dict[str, Any],
    by: Member | None,
    task_slug: str = "",
    subject_id: UUID | None = None,
    subject_url: str = "",
    queue: str | None = None,
) -> Job:
    """Write a job and ring for a worker after the caller's transaction commits.

    The row keeps the id of the request that it is written in, so that lines of its worker and its engine bear it.
    A broker that is away neither fails nor notably slows this: the row waits, and is rung for again.

    Args:
        kind: A registered kind.
        spec: Plain JSON without secrets, handed to the kind when an attempt begins.
        by: Who asked for it; None for work the product starts by itself.
        task_slug: The task it belongs to; decides who sees and steers it.
        subject_id: The row above this room that owns the job.
        queue: Where to ring; the kind's own queue by default.

    Raises:
        ValueError: No such kind is registered.
    """
    if kind not in registry.KINDS:
        raise ValueError(f"There is no kind of job '{kind}'; known are {', '.join(sorted(registry.KINDS)) or 'none'}.")
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            title=title[:200],
            spec=spec,
            created_by=by,
            task_slug=task_slug,
            subject_id=subject_id,
            subject_url=subject_url,
            request_id=context.request_id()[:64],
            queue=queue or registry.KINDS[kind].queue,
        )
        append_event(job, "state", {"state": str(JobState.QUEUED), "reason": "", **_name(by)})
        notify.notify_after_commit(job.pk, job.queue)
    # The line that leads from a request to its job, also where the message is lost and sent again.
    logger.info("A job of the kind %s was launched.", kind, extra={"job_id": job.pk, "kind": kind})
    return job


def pause(job: Job, *, by: Member | None) -> Job:
    """Ask a job to save and stop until it is resumed. One that has not begun pauses at once; twice is once.

    Args:
        by: A lead of its task; None when a job that has set it going is paused itself.

    Raises:
        PermissionDenied: The member does not lead its task.
        Refusal: 409, it has ended or is being cancelled.
    """
    _may_steer(by, job)
    with transaction.atomic():
        job = lock_job(job.pk)
        if job.state in (JobState.PAUSED, JobState.PAUSING):
            return job
        if job.state in CLAIMABLE:
            transition(job, JobState.PAUSED, **_name(by))
        elif job.state == JobState.RUNNING:
            transition(job, JobState.PAUSING, **_name(by))
        else:
            raise _conflict(job, "paused")
        if kind := registry.KINDS.get(job.kind):
            kind.on_paused(job)
    return job


def resume(job: Job, *, by: Member | None) -> Job:
    """Queue a paused or failed job again; its next attempt goes on from what the last one saved. Twice is once.

    Raises:
        PermissionDenied: The member does not lead its task.
        Refusal: 409, it is still stopping, has been cancelled, or has succeeded.
    """
    _may_steer(by, job)
    with transaction.atomic():
        job = lock_job(job.pk)
        if job.state in CLAIMABLE or job.state == JobState.RUNNING:
            return job
        if job.state not in (JobState.PAUSED, JobState.FAILED):
            raise _conflict(job, "resumed")
        # What goes on is done here, whatever was played back before.
        again: dict[str, Any] = {"spec": job.spec_as_done_here, "crashes": 0, "reached": None, "error": None}
        transition(job, JobState.QUEUED, result=None, finished_at=None, **again, **_name(by))
        if kind := registry.KINDS.get(job.kind):
            kind.on_resumed(job)
        notify.notify_after_commit(job.pk, job.queue)
    return job


def cancel(job: Job, *, by: Member | None) -> Job:
    """End a job for good; what it has produced stays. One that no worker holds ends at once; twice is once.

    A failed one is resumed no more, and keeps why it failed.

    Raises:
        PermissionDenied: The member does not lead its task.
        Refusal: 409, it has succeeded, or its kind is one that must come to its end.
    """
    _may_steer(by, job)
    kind = registry.KINDS.get(job.kind)
    if kind is not None and not kind.may_be_cancelled:
        raise _conflict(job, "cancelled", hint="It must come to its end: pause or resume it.")
    with transaction.atomic():
        job = lock_job(job.pk)
        if job.state in (JobState.CANCELLED, JobState.CANCELLING):
            return job
        if job.state in CLAIMABLE or job.state in (JobState.PAUSED, JobState.FAILED):
            transition(job, JobState.CANCELLED, **_name(by))
            if kind is not None:
                kind.on_finished(job, Result(outcome="stopped"), {})
            consumers.call_after_commit(job)
        elif job.state in (JobState.RUNNING, JobState.PAUSING):
            transition(job, JobState.CANCELLING, **_name(by))
        else:
            raise _conflict(job, "cancelled")
    return job


def prioritise(job: Job, *, by: Member, priority: str) -> Job:
    """Put a job before or behind others of its kind.

    Args:
        job: One that has not ended.
        by: A lead of its task; only an admin puts one before those of other teams.
        priority: `low`, `normal` or `high`.

    Raises:
        PermissionDenied: The member may not.
        Refusal: 400, there is no such priority.
    """
    if priority not in PRIORITIES:
        raise unknown("priority", priority, PRIORITIES)
    require_steering(by, job)
    level = PRIORITIES[priority]
    if level > 0:
        session.require_admin(by, "Only an admin can put a job before those of other teams.")
    with transaction.atomic():
        job = lock_job(job.pk)
        if job.priority != level:
            Job.objects.filter(pk=job.pk).update(priority=level)
            trail.record("job_prioritised", by=by, about=job, task=job.task_slug, priority=priority)
            job.refresh_from_db()
    return job


def require_steering(member: Member, job: Job) -> None:
    """Refuse a member who may not pause, resume or cancel this job.

    Raises:
        PermissionDenied: Neither an admin, nor a lead of its task; or it is a part, which ends with its whole.
    """
    if registry.is_part(job):
        raise PermissionDenied("This job is another host's part of a job: pause, resume or cancel that one.")
    if not job.task_slug:
        session.require_admin(member, "Only an admin may pause, resume or cancel a job that belongs to no task.")
    slugs = registry.led_task_slugs(member)
    if slugs is not None and job.task_slug not in slugs:
        raise PermissionDenied("Only a lead of its task may pause, resume or cancel this job.")


def _may_steer(by: Member | None, job: Job) -> None:
    """Check the member; None is the product itself, which steers sub-jobs of a job whose owner was checked before."""
    if by is not None:
        require_steering(by, job)


def _name(by: Member | None) -> dict[str, str]:
    return {"by": by.name} if by else {}


def _conflict(job: Job, change: str, *, hint: str = "") -> Refusal:
    hint = hint or ("It can no longer be changed." if job.state in FINISHED else "Wait until it has stopped.")
    return Refusal(
        "job_state",
        f"This job is {job.state}; it cannot be {change}.",
        hint=hint,
        status=409,
        state={"id": str(job.pk), "state": job.state},
    )
