"""The marks of a draft: those that stand in its row, or, while it waits for them, those that it will have."""

from __future__ import annotations

from review import checks
from review.models import Draft


def with_marks(draft: Draft) -> Draft:
    """The same draft, its marks read now if nobody has yet; saves nothing.

    Args:
        draft: With its record and task version at hand.
    """
    if not draft.is_checked:
        spec, facts = draft.task_version.spec, draft.record.facts
        found = [mark.as_json() for mark in checks.run(spec, facts, draft.fields)]
        # An upper room may have marked it meanwhile.
        draft.marks = [*found, *(mark for mark in draft.marks if mark not in found)]
    return draft
