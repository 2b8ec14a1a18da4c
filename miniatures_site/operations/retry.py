"""Retry failed jobs: one, or all of a kind.

What may pay or send again is retried one by one, by somebody who says so.
"""

from __future__ import annotations

from uuid import UUID

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from miniatures_site.operations import readings
from web.errors import Refusal

WARNING = (
    "Jobs of this kind pay for calls or send something out; what was left uncertain may be paid or sent a second time."
)


def retry(job_id: UUID, *, by: Member, is_sure: bool) -> Job:
    """Queue one failed job again; one that is already queued or running stays as it is.

    Raises:
        Refusal: 404, there is no such job that failed; 409, it may pay or send again and nobody has said to go on.
    """
    job = Job.objects.filter(pk=job_id).exclude(state=JobState.PAUSED).first()
    if job is None:
        raise Refusal("no_job", "There is no such job that failed.", hint="Look at the list of jobs.", status=404)
    if job.state == JobState.FAILED and readings.may_repeat_costs(job.kind) and not is_sure:
        raise Refusal("may_pay_again", WARNING, hint="Look at its page first, then confirm.", status=409)
    return control.resume(job, by=by)


def retry_kind(kind: str, *, by: Member) -> int:
    """Queue the failed jobs of a kind that the page lists; returns how many.

    Raises:
        Refusal: 409, jobs of this kind may pay or send again.
    """
    if readings.may_repeat_costs(kind):
        raise Refusal("may_pay_again", WARNING, hint="Retry them one by one.", status=409)
    jobs = [job for job in readings.failed_jobs() if job.kind == kind]
    for job in jobs:
        control.resume(job, by=by)
    return sum(Job.objects.filter(pk=job.pk).exclude(state=JobState.FAILED).exists() for job in jobs)
