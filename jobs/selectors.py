"""Questions about jobs; every one takes the member who asks."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from jobs import ports
from jobs.models import Job, JobEvent
from members.models import Member


def visible(member: Member) -> QuerySet[Job]:
    """Jobs the member may see, newest first: those of their tasks, and their own."""
    slugs = ports.visible_task_slugs(member)
    jobs = Job.objects.order_by("-created_at", "-id")
    return jobs if slugs is None else jobs.filter(Q(task_slug__in=slugs) | Q(task_slug="", created_by=member))


def get(member: Member, job_id: UUID) -> Job:
    """One job.

    Raises:
        Http404: No such job, or not this member's to see: the two look alike from outside.
    """
    job = visible(member).filter(pk=job_id).first()
    if job is None:
        raise Http404("There is no such job that you can see.")
    return job


def may_steer(member: Member, job: Job) -> bool:
    """Whether the member may pause, resume and cancel the job."""
    slugs = ports.led_task_slugs(member)
    return slugs is None or job.task_slug in slugs


def events_after(job: Job, seq: int, *, limit: int = 500) -> list[JobEvent]:
    """Events with a greater seq, in order, at most `limit`."""
    return list(JobEvent.objects.filter(job=job, seq__gt=seq).order_by("seq")[:limit])


def filtered(jobs: QuerySet[Job], wanted: Mapping[str, str]) -> QuerySet[Job]:
    """Narrow jobs by `state` (several by comma), `kind` and `task`; empty values ask for nothing."""
    states = [word for word in wanted.get("state", "").split(",") if word]
    if states:
        jobs = jobs.filter(state__in=states)
    if kind := wanted.get("kind", ""):
        jobs = jobs.filter(kind=kind)
    if task := wanted.get("task", ""):
        jobs = jobs.filter(task_slug=task)
    return jobs
