"""Stored pages, and claims about them whose truth is known."""

from __future__ import annotations

import json

from django.utils import timezone

from evaluation.models import RetrievalStudy
from evaluation.retrieval import register
from evaluation.retrieval.register import JudgedClaim, RetrievalRequest
from generation.models import Research, ResearchedSite, WebPage
from jobs.models import Job
from members.models import Member
from review.models import Task

TOWNS = ("Lindau", "Arles", "Bergamo", "Deventer", "Vigo", "Harrow")


def page_of(town: str, number: int) -> str:
    return (
        f"The {town} ferry runs all year. It carries {number} people a day. The office is open on weekdays. "
        f"Tickets are sold on board. A new pier in {town} was built in {1990 + number % 20}. Bicycles travel free."
    )


def claims() -> list[JudgedClaim]:
    """A right and a wrong one of each page."""
    made = []
    for number, town in enumerate(TOWNS, 1):
        right, wrong = 100 * number, 100 * number + 7
        document, evidence = f"https://{town.lower()}.example/", f"It carries {right} people a day."
        made.append(JudgedClaim(f"The {town} ferry carries {right} people a day.", True, document, evidence))
        made.append(JudgedClaim(f"The {town} ferry carries {wrong} people a day.", False, document, evidence))
    return made


def store_pages(task: Task, *, by: Member) -> None:
    """A research of the task with a page of each town."""
    job = Job.objects.create(kind="research", title="Ferries", task_slug=task.slug)
    research = Research.objects.create(task=task, job=job, name="Ferries", created_by=by)
    for number, town in enumerate(TOWNS, 1):
        site = ResearchedSite.objects.create(research=research, number=number, title=town)
        WebPage.objects.create(
            site=site, number=1, way="start", url=f"https://{town.lower()}.example/", fetched_at=timezone.now(),
            text=page_of(town, 100 * number),
        )  # fmt: skip


def study_of(task: Task, *, by: Member) -> RetrievalStudy:
    """A study of a task that had no pages before."""
    store_pages(task, by=by)
    return register.launch(task, RetrievalRequest(claims()), by=by)


def lines() -> str:
    """Return the claims as lines of JSON."""
    return "\n".join(json.dumps(claim._asdict()) for claim in claims())
