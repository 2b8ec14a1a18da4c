"""Members who hear of the end of a run or a sweep: who launched it, and who follows it."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q

from jobs.models import Job
from members.models import Member
from review.tasks.permissions import tasks_for
from training.models import Watcher

PREFERENCE: Final = "work_mails"
NEVER, PROBLEMS, ALWAYS = "never", "problems", "always"


def preference(member: Member) -> str:
    """Choice of mails about work the member launched: `never`, `problems` (unless they chose) or `always`."""
    chosen = (member.preferences or {}).get(PREFERENCE)
    return chosen if chosen in (NEVER, PROBLEMS, ALWAYS) else PROBLEMS


def recipients(job: Job) -> list[Member]:
    """Members who launched or follow a job and may still see its task, each once."""
    followers = Watcher.objects.filter(job=job).values("member_id")
    members = Member.objects.filter(Q(pk=job.created_by_id) | Q(pk__in=followers), is_active=True)
    return [member for member in members.order_by("pk") if tasks_for(member).filter(slug=job.task_slug).exists()]


def following_context(member: Member, job: Job) -> dict[str, Any]:
    """Context of a page on the member and a job: whether they launched or follow it, and what they will hear."""
    return {
        "is_mine": job.created_by_id == member.pk,
        "follows": Watcher.objects.filter(job=job, member=member).exists(),
        "choice": preference(member),
        "has_address": bool(member.email),
    }
