"""Queries on preferences among drafts. Reads only."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from members.models import Member
from review.models import Preference, Task
from review.states import Role
from review.tasks.permissions import role_of
from web.http.first_or_404 import first_or_404


def standing(task: Task) -> QuerySet[Preference]:
    """Preferences that were not taken back, the earliest first; those that take back are none themselves."""
    preferences = Preference.objects.filter(task=task, retracts__isnull=True)
    return preferences.filter(~Exists(Preference.objects.filter(retracts=OuterRef("pk")))).order_by("created_at", "id")


def preferences_visible_to(member: Member, task: Task) -> QuerySet[Preference]:
    """Preferences a member may read, newest first: a reviewer their own, others all; with `is_retracted`."""
    preferences = Preference.objects.filter(task=task, retracts__isnull=True).select_related("reviewer", "record")
    later = Preference.objects.filter(retracts=OuterRef("pk"))
    preferences = preferences.annotate(is_retracted=Exists(later))  # type: ignore[no-redef]
    if role_of(member, task) == Role.REVIEWER:
        preferences = preferences.filter(reviewer=member)
    return preferences.order_by("-created_at", "-id")


def last_of(member: Member, task: Task) -> Preference | None:
    """The member's latest standing preference: what undo takes back."""
    return standing(task).filter(reviewer=member).select_related("record").last()


def preference_or_404(task: Task, preference_id: UUID) -> Preference:
    """A preference by its id."""
    return first_or_404(Preference.objects.filter(task=task, pk=preference_id), "There is no such preference.")
