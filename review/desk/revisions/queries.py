"""Requests to write a draft again: which are on their way, what came of them, and how a revision differs.

Reads only. Whether a job is still going on it reads from the jobs room; it does not know what the job does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.models import Draft, RevisionRequest, Task
from review.spec.readable import readable
from review.spec.spec_diff import WordChange, word_diff
from review.states import Role
from review.tasks.permissions import may, tasks_for

SHOWN = 50


@dataclass(frozen=True, slots=True)
class RevisedDraft:
    """Origin of a revision: its request, the parent draft, and the changes.

    Attributes:
        request: The request behind it; None when its row is gone.
        segments: The two texts word by word.
    """

    request: RevisionRequest | None
    parent: Draft
    segments: Sequence[WordChange]


def revised_from(draft: Draft) -> RevisedDraft | None:
    """Return the parent of a revision and the changes to it; None, without a query, for any other draft."""
    if draft.parent_id is None:
        return None
    parent = Draft.objects.only("pk", "fields", "state", "erased_at").get(pk=draft.parent_id)
    spec = draft.task_version.spec
    before, after = (readable(spec, fields) for fields in (parent.fields, draft.fields))
    request = RevisionRequest.objects.filter(result=draft).first()
    return RevisedDraft(request, parent, word_diff(before, after))


def request_or_404(member: Member, request_id: UUID) -> RevisionRequest:
    """A request, for who asked and for leads of its task.

    Raises:
        Http404: No such request, or not this member's to see.
    """
    requests = RevisionRequest.objects.select_related("draft__task", "asked_by", "draft__record")
    request = requests.filter(pk=request_id, draft__task__in=tasks_for(member)).first()
    is_theirs = request is not None and (request.asked_by_id == member.pk or may(member, request.draft.task, Role.LEAD))
    if request is None or not is_theirs:
        raise Http404("There is no such request.")
    return request


def pending_request(draft: Draft) -> RevisionRequest | None:
    """The request on this draft that is still on its way."""
    open_ones = RevisionRequest.objects.filter(draft=draft, result__isnull=True).order_by("-created_at")
    return next((request for request in open_ones[:SHOWN] if not _is_over(request)), None)


def requests_of(member: Member, task: Task) -> QuerySet[RevisionRequest]:
    """Return the member's revision requests in a task, newest first."""
    requests = RevisionRequest.objects.filter(asked_by=member, draft__task=task)
    return requests.select_related("draft__record").order_by("-created_at")


def pending_requests_of(member: Member, task: Task) -> list[dict[str, Any]]:
    """The member's requests whose revision has not come, as the desk listens for them."""
    waiting = list(requests_of(member, task).filter(result__isnull=True)[:SHOWN])
    jobs = Job.objects.in_bulk([request.job_id for request in waiting if request.job_id])
    live = [(request, jobs[request.job_id]) for request in waiting if request.job_id in jobs]
    return [request_json(request, job) for request, job in live if job.state not in FINISHED]


def request_json(request: RevisionRequest, job: Job | None = None) -> dict[str, Any]:
    """A request for programs, with the job that tells of it."""
    job = job or _job_of(request)
    return {
        "id": str(request.pk),
        "draft": str(request.draft_id),
        "title": request.draft.record.title,
        "instruction": request.instruction,
        "result": str(request.result_id) if request.result_id else None,
        "job": str(request.job_id) if request.job_id else None,
        "seq": job.last_seq if job else 0,
        "state": "arrived" if request.result_id else "failed" if job is None or job.state in FINISHED else "asked",
        "created_at": request.created_at.isoformat(),
    }


def _is_over(request: RevisionRequest) -> bool:
    job = _job_of(request)
    return job is None or job.state in FINISHED


def _job_of(request: RevisionRequest) -> Job | None:
    return Job.objects.filter(pk=request.job_id).first() if request.job_id else None
