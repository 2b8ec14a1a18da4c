"""Questions about records: found by source, split and text, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from members.models import Member
from review.models import Record, Source, Task
from review.spec.task_spec import Reason
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.verification.claim_task import is_claim_task
from web.caching.slow_figures import Figures, figures
from web.db.keys import uuid_or_none
from web.db.spellings import holds
from web.http.first_or_404 import first_or_404

PAGE_ROWS = 50
# Tasks that a form offers; what is more is asked for on the command line.
MOST_TASKS = 50


@dataclass(frozen=True)
class RecordPage:
    """One page of a source's records, cut by row number.

    Attributes:
        after: Row number to go on from, or None on the last page.
        before: Row number to go back from, or None on the first.
    """

    rows: list[Record]
    after: int | None
    before: int | None


def tasks_with_claims(member: Member, *, into: Task) -> list[tuple[Task, list[Reason]]]:
    """Tasks of whose decisions claims can be made for a task that checks claims, with their reasons.

    The member leads all of them.
    """
    if not permissions.may(member, into, Role.LEAD) or not is_claim_task(latest_version(into).spec):
        return []
    led = [task for task in permissions.tasks_for(member) if task != into and permissions.may(member, task, Role.LEAD)]
    specs = [(task, latest_version(task).spec) for task in led[:MOST_TASKS]]
    return [(task, list(spec.reasons)) for task, spec in specs if spec.reasons and not is_claim_task(spec)]


def visible_records(member: Member) -> QuerySet[Record]:
    """Records of the tasks the member may see."""
    return Record.objects.filter(task__in=permissions.tasks_for(member))


def search_records(
    member: Member, *, task: str = "", source: str = "", split: str = "", text: str = ""
) -> QuerySet[Record]:
    """Records the member may see, narrowed.

    Args:
        task: Slug of a task.
        source: UUID or slug of a source.
        split: `train`, `validation` or `test`.
        text: Words that must stand in the title or the facts, all of them.
    """
    records = visible_records(member).select_related("task", "source")
    if task:
        records = records.filter(task__slug=task)
    if source:
        records = records.filter(source_id=source) if uuid_or_none(source) else records.filter(source__slug=source)
    if split:
        records = records.filter(split=split)
    return _with_text(records, text)


def record_page(source: Source, *, split: str = "", text: str = "", after: int = 0, before: int = 0) -> RecordPage:
    """A page of a source's records in the order of the file; costs the same on every page."""
    records = _with_text(Record.objects.filter(source=source), text)
    if split:
        records = records.filter(split=split)
    if before:
        rows = list(records.filter(row_number__lt=before).order_by("-row_number")[: PAGE_ROWS + 1])
        has_before, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS][::-1]
        return RecordPage(
            rows, rows[-1].row_number if rows else None, rows[0].row_number if rows and has_before else None
        )
    rows = list(records.filter(row_number__gt=after).order_by("row_number")[: PAGE_ROWS + 1])
    has_after, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    return RecordPage(rows, rows[-1].row_number if has_after else None, rows[0].row_number if rows and after else None)


def _with_text(records: QuerySet[Record], text: str) -> QuerySet[Record]:
    words = text.split()
    if not words:
        return records
    records = records.annotate(facts_text=Cast("facts", TextField()))
    for word in words[:8]:
        records = records.filter(holds(word, "title", "facts_text"))
    return records


def record_or_404(member: Member, pk: UUID) -> Record:
    """One record, if the member may see its task."""
    return first_or_404(
        visible_records(member).select_related("task", "source").filter(pk=pk),
        "There is no such record that you can see.",
    )


def visible_sources(member: Member, *, task: Task | None = None) -> QuerySet[Source]:
    """Sources the member may see, newest first; those of one task when it is given."""
    sources = Source.objects.filter(task__in=permissions.tasks_for(member)).select_related("task", "created_by")
    return (sources.filter(task=task) if task else sources).order_by("-created_at", "-id")


def source_or_404(member: Member, pk: UUID) -> Source:
    """One source, if the member may see its task."""
    return first_or_404(visible_sources(member).filter(pk=pk), "There is no such source that you can see.")


def record_counts(task: Task) -> Figures[dict[str, int]]:
    """Records of a task by split, and in all; one query."""
    return figures(f"records:{task.pk}", lambda: _record_counts(task))


def _record_counts(task: Task) -> dict[str, int]:
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
