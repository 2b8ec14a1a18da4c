"""Questions about tasks and their versions. Every one takes the member or a task the member was let in to."""

from __future__ import annotations

from django.db.models import Count, Max, QuerySet
from django.http import Http404

from members.models import Member
from review import permissions
from review.models import Task, TaskVersion


def visible(member: Member) -> QuerySet[Task]:
    """Tasks the member may see, by name, each with `latest_number`."""
    return permissions.tasks_for(member).annotate(latest_number=Max("versions__number")).order_by("name", "slug")


def latest_version(task: Task) -> TaskVersion:
    """The version that new work uses.

    Raises:
        Http404: The task has none (it cannot be, but for a row made by hand).
    """
    version = TaskVersion.objects.filter(task=task).select_related("task").order_by("-number").first()
    if version is None:
        raise Http404(f"The task '{task.slug}' has no version.")
    return version


def version_or_404(task: Task, number: int) -> TaskVersion:
    """One version by its number.

    Raises:
        Http404: The task has no such version.
    """
    version = TaskVersion.objects.filter(task=task, number=number).select_related("task").first()
    if version is None:
        raise Http404(f"The task '{task.slug}' has no version {number}.")
    return version


def versions(task: Task) -> QuerySet[TaskVersion]:
    """All versions, newest first, each with `drafts`, the number of drafts written under it."""
    return (
        TaskVersion.objects.filter(task=task)
        .select_related("created_by")
        .annotate(drafts=Count("candidates"))
        .order_by("-number")
    )
