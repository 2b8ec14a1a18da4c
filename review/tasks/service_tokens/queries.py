"""Questions about the service tokens of a task."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from members.models import ApiToken, Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from web.http.first_or_404 import first_or_404

# Days before its end from which leads are told that a token ends: first, and once more.
TOLD_BEFORE = (14, 3)
SOON = timedelta(days=TOLD_BEFORE[0])


def tokens_of(member: Member, task: Task) -> QuerySet[ApiToken]:
    """The task's service tokens, newest first.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(member, task, Role.LEAD)
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user__is_service=True, user__memberships__task=task)
    return tokens.order_by("-created")


def token_or_404(member: Member, task: Task, key: str) -> ApiToken:
    """One of the task's service tokens, by the first characters that lists show.

    Raises:
        PermissionDenied: The member does not lead the task.
        Http404: The task has no such token.
    """
    return first_or_404(
        tokens_of(member, task).select_related("user").filter(token_key=key), "This task has no such token."
    )


def ending(tasks: Collection[UUID], day: date) -> list[tuple[UUID, str, int]]:
    """Tokens of tasks that still work and end within two weeks of a day (UTC): task, name, days left.

    The soonest first.
    """
    rows = ApiToken.objects.filter(
        user__is_service=True,
        user__memberships__task__in=tasks,
        expiry__gt=timezone.now(),
        expiry__date__lte=day + SOON,
    ).annotate(task=F("user__memberships__task"))
    return [(token.task, token.name, (token.expiry.date() - day).days) for token in rows.order_by("expiry", "name")]


def told_from(day: date, days_left: int) -> date:
    """The day from which the latest notice of a token was due, that has so many days left on `day`."""
    before = min(each for each in TOLD_BEFORE if days_left <= each)
    return day - timedelta(days=before - days_left)
