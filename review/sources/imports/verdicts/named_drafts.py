"""Drafts that rows of verdicts name by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from review.models import Draft, Task
from review.sources.imports.read_rows import ReadRow
from review.sources.imports.result import RowTally
from review.sources.imports.verdicts.targets import DRAFT
from web.db.keys import uuid_or_none


def names_draft(row: ReadRow) -> bool:
    return bool(row.said.get(DRAFT))


def named_drafts(task: Task, rows: Sequence[ReadRow], tally: RowTally) -> Iterator[tuple[ReadRow, Draft]]:
    """Yield the rows that name a draft of the task, with the draft; other ids are bad rows."""
    ids = {row.number: uuid_or_none(str(row.said[DRAFT]).strip()) for row in rows if names_draft(row)}
    of_task = Draft.objects.filter(task=task, erased_at__isnull=True).select_related("task_version")
    drafts = of_task.in_bulk([pk for pk in ids.values() if pk])
    for row in filter(names_draft, rows):
        if (draft := drafts.get(ids[row.number] or UUID(int=0))) is None:
            tally.refuse(row.number, f"this task has no draft '{row.said[DRAFT]}'")
        else:
            yield row, draft
