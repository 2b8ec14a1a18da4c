"""Questions about tasks and their versions. Every one takes the member or a task the member was let in to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from members.models import Member
from review.models import Draft, Gold, Record, Task, TaskVersion
from review.states import OPEN, DraftState
from review.tasks import permissions
from web.caching.slow_figures import Figures, figures
from web.http.first_or_404 import first_or_404


def visible_tasks(member: Member) -> QuerySet[Task]:
    """Tasks the member may see, by name, each with `latest_number`."""
    return permissions.tasks_for(member).annotate(latest_number=Max("versions__number")).order_by("name", "slug")


def latest_version(task: Task) -> TaskVersion:
    """The version that new work uses; 404 for a task made by hand without one."""
    return first_or_404(
        TaskVersion.objects.filter(task=task).select_related("task").order_by("-number"),
        f"The task '{task.slug}' has no version.",
    )


def with_outputs(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks with `outputs`: the written fields of their newest version as plain data, by the same query."""
    newest = TaskVersion.objects.filter(task=OuterRef("pk")).order_by("-number")
    return tasks.annotate(outputs=Subquery(newest.values("body__output_schema")[:1]))


def waiting_count(version: TaskVersion) -> int:
    """Count the drafts that wait for a verdict by this version; just after it was made, those it took along."""
    return Draft.objects.filter(task_version=version, state__in=OPEN).count()


def version_or_404(task: Task, number: int) -> TaskVersion:
    """One version by its number."""
    return first_or_404(
        TaskVersion.objects.filter(task=task, number=number).select_related("task"),
        f"The task '{task.slug}' has no version {number}.",
    )


def versions(task: Task) -> QuerySet[TaskVersion]:
    """All versions, newest first, each with `draft_count`, the number of drafts written under it."""
    # Counted by the index of each: joined, half a million drafts are sorted by their versions' columns.
    written = Draft.objects.filter(task_version=OuterRef("pk")).order_by().values("task_version")
    count = Subquery(written.annotate(count=Count("*")).values("count"))
    rows = TaskVersion.objects.filter(task=task).select_related("created_by")
    return rows.annotate(draft_count=Coalesce(count, 0)).order_by("-number")


@dataclass(frozen=True)
class HistoryLine:
    version: TaskVersion
    drafts: int
    before: int | None


@dataclass(frozen=True)
class TaskLine:
    task: Task
    latest: int
    records: int
    waiting: int
    golds: int


def history(task: Task) -> list[HistoryLine]:
    """Versions, newest first, each with the number before it, to show what changed."""
    rows = list(versions(task))
    before = [row.number for row in rows[1:]] + [None]
    return [HistoryLine(row, getattr(row, "draft_count", 0), number) for row, number in zip(rows, before, strict=True)]


def with_counts(member: Member) -> Figures[list[TaskLine]]:
    """Tasks the member may see, with how much each holds; four queries however many tasks."""
    counted = figures("tasks", _counts_of_all)
    records, waiting, golds = counted.value
    lines = [
        TaskLine(
            task,
            getattr(task, "latest_number", 0) or 0,
            records.get(task.pk, 0),
            waiting.get(task.pk, 0),
            golds.get(task.pk, 0),
        )
        for task in visible_tasks(member)
    ]
    return Figures(lines, counted.at)


def _counts_of_all() -> tuple[dict[UUID, int], ...]:
    """Records, drafts that wait, and golds of every task."""
    waiting = Draft.objects.filter(state=DraftState.PENDING)
    return _counted(Record.objects.all()), _counted(waiting), _counted(Gold.objects.all())


def _counted(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.values_list("task").annotate(count=Count("pk")).order_by().values_list("task", "count"))
