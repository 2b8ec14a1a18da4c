"""Content of Home for each member. Reads the rooms' rows and selectors; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from demo.data.tasks import listed
from jobs.kinds import registry
from jobs.models import Job
from jobs.monitor import queries as jobs
from jobs.states import JobState
from members.models import Member
from miniatures_site.frame.navigation import optional_url
from miniatures_site.home import claim, first_minutes, pipeline, week
from review.desk import lead_queue, pace
from review.desk.decisions import queries
from review.models import Decision, Task
from review.tasks.permissions import role_of, tasks_for
from web.caching import slow_figures

JOBS_SHOWN = 5
FAILED_SHOWN_DAYS = 7


@dataclass(frozen=True, slots=True)
class LastDecision:
    """The card a reviewer judged last, to pick up the thread."""

    decision: Decision
    title: str
    opening: str
    url: str | None


def overview(member: Member, task: Task | None, *, since: datetime) -> dict[str, Any]:
    """Everything Home shows one member about one task: the desk for reviewers, the funnel for the rest.

    Args:
        task: The task in hand, one they may see; None where they have none.
        since: The first moment of the member's day.
    """
    if task is None:
        return {"role": "admin" if member.is_admin else "none", "new_task_url": optional_url("review:new")}
    role = role_of(member, task)
    context: dict[str, Any] = {
        "role": role,
        "task": task,
        "pace": pace.pace_of(member, task, since=since),
        "focus_url": optional_url("review:focus", task.slug),
    }
    if role == "reviewer":
        return {**context, "last": last_decision(member, task)}
    counted = slow_figures.figures(f"home:{task.pk}", lambda: _figures(task))
    stations, this_week, evidence, saved = counted.value
    tasks_of_demo = demo_tasks(member, task)
    acts = first_minutes.acts_of(member, task, evidence) if tasks_of_demo else []
    on_path = any(act.is_next for act in acts)
    return {
        **context,
        "counted_at": counted.at,
        "next": pipeline.next_stage(stations) if role in {"admin", "lead"} and not on_path else None,
        "claim": evidence,
        "saved_usd": saved,
        "waiting": lead_queue.counts(task) if role in {"admin", "lead"} else None,
        "running": jobs.unfinished(jobs.visible(member).filter(task_slug=task.slug), limit=JOBS_SHOWN).jobs,
        "blocked": failed_jobs(member, task),
        "week": this_week,
        "last": last_decision(member, task) if role != "viewer" else None,
        "other_tasks": tasks_for(member).exclude(pk=task.pk)[:JOBS_SHOWN],
        "demo_tasks": tasks_of_demo,
        "first_minutes": acts,
        "on_path": on_path,
    }


def _figures(task: Task) -> tuple[list[pipeline.PipelineStage], week.Week, claim.Claim | None, Decimal | None]:
    return pipeline.stages_of(task), week.week_of(task), claim.claim_of(task), claim.saved_usd(task)


def demo_tasks(member: Member, task: Task) -> list[dict[str, str]]:
    """The demo's tasks that the member may see, where the task in hand is one of them; on any other task none."""
    demo_list = listed() if settings.DEMO else []
    if task.slug not in {each.slug for each in demo_list}:
        return []
    slugs = set(tasks_for(member).filter(slug__in=[each.slug for each in demo_list]).values_list("slug", flat=True))
    return [each._asdict() for each in demo_list if each.slug in slugs]


def failed_jobs(member: Member, task: Task) -> list[Job]:
    """Return jobs of the task that failed recently and were not launched again under the same title."""
    since = timezone.now() - timedelta(days=FAILED_SHOWN_DAYS)
    of_task = jobs.visible(member).filter(task_slug=task.slug).exclude(kind__in=registry.part_kinds())
    launched_again = Exists(of_task.filter(title=OuterRef("title"), created_at__gt=OuterRef("created_at")))
    return list(of_task.filter(~launched_again, state=JobState.FAILED, finished_at__gte=since)[:JOBS_SHOWN])


def last_decision(member: Member, task: Task) -> LastDecision | None:
    """The member's latest verdict in the task, with the opening of the text it ended with."""
    decision = queries.last_one(member, task)
    if decision is None:
        return None
    fields = decision.fields or decision.draft.fields
    texts = [value for value in fields.values() if isinstance(value, str) and value.strip()]
    opening = max(texts, key=len, default="")
    return LastDecision(decision, decision.draft.record.title, opening, optional_url("review:decisions", task.slug))
