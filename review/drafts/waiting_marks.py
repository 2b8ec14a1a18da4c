"""Run the task's checks on drafts of a large import: in the background, or at once for a caller that needs them all.

A draft is safe and on the desk before it is marked. The clock's workers mark what waits; whoever shows such a draft
earlier reads it then. Marking one twice writes the same. It does not know who imports.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from review.models import Draft, Task, TaskVersion
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text import checks

CHUNK = 500
# An upper room may add marks meanwhile: the count tells, and the draft is read again.
_WRITE = (
    "UPDATE review_draft SET marks = %s, marks_count = %s, is_checked = %s"
    " WHERE id = %s AND is_checked = %s AND marks_count = %s"
)


def with_marks(draft: Draft) -> Draft:
    """Return the same draft with its marks, computed now if they are missing; saves nothing.

    Args:
        draft: With its record and task version at hand.
    """
    if not draft.is_checked:
        draft.marks = _all_marks(draft.task_version.spec, draft.record.facts, draft.fields, draft.marks)
    return draft


def mark_waiting(draft_ids: Sequence[UUID]) -> int:
    """Mark those of the drafts that wait for it. Texts are read without a lock, so that no decision waits for it.

    Returns:
        How many were marked; workers that do the same at once may both count a draft.
    """
    waiting = Draft.objects.filter(is_checked=False, erased_at__isnull=True, pk__in=draft_ids)
    rows = list(waiting.values_list("pk", "task_version_id", "record__facts", "fields", "marks", "marks_count"))
    specs = {version.pk: version.spec for version in TaskVersion.objects.filter(pk__in={row[1] for row in rows})}
    clean, marked = [], []
    for pk, version_id, facts, fields, earlier, earlier_count in rows:
        marks = _all_marks(specs[version_id], facts, fields, earlier)
        if marks or earlier_count:
            marked.append((json.dumps(marks), len(marks), True, key(pk), False, earlier_count))
        else:
            clean.append(pk)
    with transaction.atomic(), connection.cursor() as cursor:
        done = waiting.filter(pk__in=clean, marks_count=0).update(is_checked=True) if clean else 0
        if marked:
            cursor.executemany(_WRITE, marked)
            done += cursor.rowcount
    return done if done == len(rows) else done + mark_waiting(draft_ids)


def mark_all(task: Task) -> int:
    """Run the checks on every draft of a task that waits for them; called before marks are counted.

    Returns:
        How many were marked here; what a worker had in hand meanwhile is marked by it.
    """
    done, last = 0, UUID(int=0)
    waiting = Draft.objects.filter(task=task, is_checked=False, erased_at__isnull=True).order_by("pk")
    while chunk := list(waiting.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        done += mark_waiting(chunk)
        last = chunk[-1]
    return done


def _all_marks(spec: TaskSpec, facts: Facts, fields: Fields, earlier: list[Any]) -> list[Any]:
    """The marks of the checks, then those of an upper room that are not among them."""
    marks: list[Any] = [mark.as_json() for mark in checks.run(spec, facts, fields)]
    return [*marks, *(mark for mark in earlier if mark not in marks)]


def key(pk: UUID) -> Any:
    """Return an id as the database's own driver takes it in plain SQL."""
    return pk if connection.features.has_native_uuid_field else pk.hex
