"""What Home says to whom. Reads the rooms' rows and selectors; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from demo.data.tasks import listed
from evaluation.guessing import guessing
from evaluation.rounds import queries as rounds
from jobs.models import Job
from jobs.monitor import queries as jobs
from jobs.states import JobState
from members.models import Member
from miniatures_site.frame.navigation import optional_url
from miniatures_site.home import claim, pipeline, week
from review.desk import lead_queue, pace
from review.desk.decisions import queries
from review.models import Decision, Task
from review.states import Role
from review.tasks.permissions import may, role_of, tasks_for
from training.runs.run_request import why_no_classifier
from web.caching import slow_figures

JOBS_SHOWN = 5
# The demo's task of labels: the quickest to tune and to ask.
LABELS = "ticket-routing"
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
    shown: dict[str, Any] = {
        "role": role,
        "task": task,
        "pace": pace.pace_of(member, task, since=since),
        "focus_url": optional_url("review:focus", task.slug),
    }
    if role == "reviewer":
        return {**shown, "last": last_decision(member, task)}
    counted = slow_figures.figures(f"home:{task.pk}", lambda: _figures(task))
    stations, this_week, evidence, saved = counted.value
    return {
        **shown,
        "counted_at": counted.at,
        "next": pipeline.next_stage(stations) if role in {"admin", "lead"} else None,
        "claim": evidence,
        "saved_usd": saved,
        "waiting": lead_queue.waiting_for(member, task),
        "running": running_jobs(member, task),
        "blocked": failed_jobs(member, task),
        "week": this_week,
        "last": last_decision(member, task) if role != "viewer" else None,
        "other_tasks": tasks_for(member).exclude(pk=task.pk)[:JOBS_SHOWN],
        "demo_tasks": (known := demo_tasks(member, task)),
        "first_minutes": first_minutes(member, task, evidence) if known else [],
    }


def _figures(task: Task) -> tuple[list[pipeline.PipelineStage], week.Week, claim.Claim | None, Decimal | None]:
    return pipeline.stages_of(task), week.week_of(task), claim.claim_of(task), claim.saved_usd(task)


@dataclass(frozen=True, slots=True)
class Act:
    """One of the five acts that show a visitor of the demo what the product does.

    Attributes:
        is_button: Whether one press does it, by a POST to its address.
    """

    label: str
    minutes: str
    about: str
    url: str | None
    is_button: bool = False


def first_minutes(member: Member, task: Task, evidence: claim.Claim | None) -> list[Act]:
    """The five acts of a visitor, those without a page left out.

    Args:
        evidence: The task's own claim; the blind pairs are of another task of the demo where its answers are no prose.
    """
    compared = guessing.with_prose(member, first=evidence.evaluation if evidence else None)
    quick = tasks_for(member).filter(slug=LABELS).first() or task
    asking = optional_url("serving:playground", quick.slug)
    acts = (
        Act("Which is the teacher?", "1 min", "Ten pairs without names.", reverse("evaluation:guess", args=[compared.pk]) if compared else None),
        Act("Judge five cards", "2 min", "Accept, edit or reject, by keyboard.", optional_url("review:focus", task.slug)),
        _training(member, quick),
        Act("Ask it", "30 s", f"{quick.name}: a line of your own, and its answer.", f"{asking}?own=1&right=" if asking else None),
        Act("Use my own rows", "10 min", "From your file to your own model.", optional_url("review:own-rows")),
    )  # fmt: skip
    return [act for act in acts if act.url]


def _training(member: Member, task: Task) -> Act:
    """One press where the task has a classifier and the member leads it; what the last round came to, once there is one."""
    label, minutes, about = "Train", "2 min", f"{task.name}: a small model on what is approved."
    if why_no_classifier(task):
        return Act(label, minutes, about, optional_url("training:list", task.slug))
    last = rounds.last(task)
    if last is not None:
        about = "Training now." if last.is_under_way else last.sentence or about
    address = optional_url("evaluation:round", task.slug)
    return Act(label, minutes, about, address, is_button=last is None and may(member, task, Role.LEAD))


def demo_tasks(member: Member, task: Task) -> list[dict[str, str]]:
    """The demo's tasks that the member may see, where the task in hand is one of them; on any other task none."""
    known = listed() if settings.DEMO else []
    if task.slug not in {each.slug for each in known}:
        return []
    seen = set(tasks_for(member).filter(slug__in=[each.slug for each in known]).values_list("slug", flat=True))
    return [each._asdict() for each in known if each.slug in seen]


def running_jobs(member: Member, task: Task) -> list[Job]:
    """Return unfinished jobs of the task, running ones first."""
    return jobs.unfinished(jobs.visible(member).filter(task_slug=task.slug), limit=JOBS_SHOWN)


def failed_jobs(member: Member, task: Task) -> list[Job]:
    """Return jobs of the task that failed recently and were not launched again under the same title."""
    since = timezone.now() - timedelta(days=FAILED_SHOWN_DAYS)
    of_task = jobs.visible(member).filter(task_slug=task.slug)
    failed = of_task.filter(state=JobState.FAILED, finished_at__gte=since)[:JOBS_SHOWN]
    return [job for job in failed if not of_task.filter(title=job.title, created_at__gt=job.created_at).exists()]


def last_decision(member: Member, task: Task) -> LastDecision | None:
    """The member's latest verdict in the task, with the opening of the text it ended with."""
    decision = queries.last_one(member, task)
    if decision is None:
        return None
    fields = decision.fields or decision.draft.fields
    texts = [value for value in fields.values() if isinstance(value, str) and value.strip()]
    opening = max(texts, key=len, default="")
    return LastDecision(decision, decision.draft.record.title, opening, optional_url("review:decisions", task.slug))
