"""Questions about studies of drift, and one as its page and its call tell of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone

from campaigns.drift import register, series, verdict
from campaigns.models import DriftLook, DriftStudy
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from stats import drift


def visible(member: Member, *, task: Task | None = None) -> QuerySet[DriftStudy]:
    """Studies of tasks the member may see, newest first, with their looks."""
    looks = Prefetch("looks", DriftLook.objects.select_related("created_by").order_by("covered"))
    studies = DriftStudy.objects.filter(task__in=tasks_for(member)).select_related("task", "created_by")
    studies = studies.prefetch_related(looks).order_by("-created_at", "-id")
    return studies.filter(task=task) if task else studies


def study_or_404(member: Member, drift_id: UUID) -> DriftStudy:
    """A study, if the member may see its task.

    Raises:
        Http404: No such study, or not this member's.
    """
    study = visible(member).filter(pk=drift_id).first()
    if study is None:
        raise Http404("There is no study with this id that you can see.")
    return study


def last_look(study: DriftStudy) -> DriftLook | None:
    """The newest look of a study of `visible`."""
    looks = list(study.looks.all())
    return looks[-1] if looks else None


def look_due(study: DriftStudy) -> int:
    """How many points a look now would cover; 0 where there is none to take."""
    last = last_look(study)
    if last is not None and last.body["state"] != verdict.OPEN:
        return 0
    covered = series.complete(register.terms_of(study), now=timezone.now())
    return covered if covered >= max(drift.FEWEST_POINTS, last.covered + 1 if last else 0) else 0


def next_look_on(study: DriftStudy) -> date | None:
    """From which day on the next look may be taken; None of rounds, and once there is a verdict."""
    last = last_look(study)
    if last is not None and last.body["state"] != verdict.OPEN:
        return None
    return series.completed_on(register.terms_of(study), max(drift.FEWEST_POINTS, last.covered + 1 if last else 0))


def chart(look: DriftLook) -> dict[str, Any]:
    """The points of a look as the chart module draws them: per cent with their intervals, one row a point."""
    rows = [
        {
            "name": point["name"],
            "value": 100 * point["share"],
            "lo": 100 * point["low"],
            "hi": 100 * point["high"],
            "n": point["mails"],
        }
        for point in look.body["points"]
        if point["mails"]
    ]
    return {"rows": rows, "x": {"label": f"{look.study.get_metric_display()}, per cent", "zero": True}}
