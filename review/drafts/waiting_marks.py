"""Run the task's checks on drafts of a large import: in the background, or at once for a caller that needs them all.

A draft is safe and on the desk before it is marked. The clock's workers mark what waits; whoever shows such a draft earlier
reads it then. Marking one twice writes the same. It does not know who imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from review.models import Draft, Task
from review.text import checks


def with_marks(draft: Draft) -> Draft:
    """Return the same draft with its marks, computed now if they are missing; saves nothing.

    Args:
        draft: With its record and task version at hand.
    """
    if not draft.is_checked:
        spec, facts = draft.task_version.spec, draft.record.facts
        marks = [mark.as_json() for mark in checks.run(spec, facts, draft.fields)]
        # An upper room may have marked it meanwhile.
        draft.marks = [*marks, *(mark for mark in draft.marks if mark not in marks)]
    return draft


CHUNK = 500


def mark_waiting(draft_ids: Sequence[UUID]) -> int:
    """Mark those of the drafts that wait for it. Texts are read without a lock, so that no decision waits for it.

    Returns:
        How many were marked; workers that do the same at once may both count a draft.
    """
    waiting = Draft.objects.filter(is_checked=False, erased_at__isnull=True)
    drafts = list(waiting.filter(pk__in=draft_ids).select_related("record", "task_version"))
    for draft in drafts:
        with_marks(draft)
        draft.marks_count, draft.is_checked = len(draft.marks), True
    waiting.bulk_update(drafts, ["marks", "marks_count", "is_checked"], batch_size=CHUNK)
    return len(drafts)


def mark_all(task: Task) -> int:
    """Run the checks on every draft of a task that waits for them; called before marks are counted.

    Returns:
        How many were marked here; what a worker had in hand meanwhile is marked by it.
    """
    done, seen = 0, UUID(int=0)
    waiting = Draft.objects.filter(task=task, is_checked=False, erased_at__isnull=True).order_by("pk")
    while chunk := list(waiting.filter(pk__gt=seen).values_list("pk", flat=True)[:CHUNK]):
        done += mark_waiting(chunk)
        seen = chunk[-1]
    return done
