"""Questions about imports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from members.models import Member
from review import permissions
from review.models import Record, Source, Task


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Source]:
    """Sources the member may see, newest first; those of one task when it is given."""
    sources = Source.objects.filter(task__in=permissions.tasks_for(member)).select_related("task", "created_by")
    return (sources.filter(task=task) if task else sources).order_by("-created_at", "-id")


def source_or_404(member: Member, pk: UUID) -> Source:
    """One source, if the member may see its task.

    Raises:
        Http404: No such source, or not this member's.
    """
    source = visible(member).filter(pk=pk).first()
    if source is None:
        raise Http404("There is no such source that you can see.")
    return source


def record_counts(task: Task) -> dict[str, int]:
    """Records of a task by split, and in all; one query."""
    counts: dict[str, int] = Record.objects.filter(task=task).aggregate(
        total=Count("pk"),
        groups=Count("group", distinct=True),
        **{split: Count("pk", filter=Q(split=split)) for split in ("train", "validation", "test")},
    )
    return counts


def split_counts(source: Source) -> dict[str, int]:
    """Records of one source by split."""
    rows: QuerySet[Any] = Record.objects.filter(source=source).order_by()
    return dict(rows.values_list("split").annotate(count=Count("pk")))
