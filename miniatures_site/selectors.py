"""What Home says to whom. Reads the rooms' rows and selectors; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs import selectors as jobs
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from miniatures_site import funnel
from miniatures_site.addresses import address
from review.models import Decision, Task
from review.permissions import role_of, tasks_for
from review.selectors import decisions, pace, rulings

JOBS_SHOWN = 5
BLOCKED_FOR_DAYS = 7


@dataclass(frozen=True, slots=True)
class LastCard:
    """The card a reviewer judged last, to pick up the thread."""

    decision: Decision
    title: str
    opening: str
    url: str | None


def home(member: Member, task: Task | None) -> dict[str, Any]:
    """Everything Home shows one member about one task: the desk for reviewers, the funnel for the rest.

    Args:
        member: Who asks.
        task: The task in hand, one they may see; None where they have none.
    """
    if task is None:
        return {"role": "admin" if member.is_admin else "none", "new_task_url": address("review:new")}
    role = role_of(member, task)
    shown: dict[str, Any] = {
        "role": role,
        "task": task,
        "pace": pace.of(member, task),
        "focus_url": address("review:focus", task.slug),
    }
    if role == "reviewer":
        return {**shown, "last": last_card(member, task), "judged_lately": pace.judged_lately(member, task)}
    stations = funnel.steps(task)
    return {
        **shown,
        "steps": stations,
        "next": funnel.next_step(stations) if role in {"admin", "lead"} else None,
        "waiting": rulings.waiting_for(member, task),
        "running": running(member, task),
        "blocked": blocked(member, task),
        "spent_usd": funnel.spent_usd(task),
        "last": last_card(member, task) if role != "viewer" else None,
        "other_tasks": tasks_for(member).exclude(pk=task.pk)[:JOBS_SHOWN],
    }


def running(member: Member, task: Task) -> list[Job]:
    """Jobs of the task that go on or will, those at work first."""
    return jobs.going_on(jobs.visible(member).filter(task_slug=task.slug), limit=JOBS_SHOWN)


def blocked(member: Member, task: Task) -> list[Job]:
    """Jobs of the task that failed in the last days and that nobody launched anew under the same title."""
    since = timezone.now() - timedelta(days=BLOCKED_FOR_DAYS)
    of_task = jobs.visible(member).filter(task_slug=task.slug)
    failed = of_task.filter(state=JobState.FAILED, finished_at__gte=since)[:JOBS_SHOWN]
    return [job for job in failed if not of_task.filter(title=job.title, created_at__gt=job.created_at).exists()]


def last_card(member: Member, task: Task) -> LastCard | None:
    """The member's latest verdict in the task, with the opening of the text it ended with."""
    decision = decisions.last_one(member, task)
    if decision is None:
        return None
    fields = decision.fields or decision.draft.fields
    texts = [value for value in fields.values() if isinstance(value, str) and value.strip()]
    opening = max(texts, key=len, default="")
    return LastCard(decision, decision.draft.record.title, opening, address("review:decisions", task.slug))
