"""A card as the API gives it: plain values of the draft, its record and its task version."""

from __future__ import annotations

from typing import Any

from review.drafts.waiting_marks import with_marks
from review.models import Assignment
from review.spec.schema import shape_json
from review.states import Drawn


def card_json(assignment: Assignment) -> dict[str, Any]:
    """The card for programs: plain values, offsets in code points."""
    draft = with_marks(assignment.draft)
    spec = draft.task_version.spec
    return {
        "id": str(draft.pk),
        "etag": assignment.etag,
        "leased_until": assignment.leased_until.isoformat(),
        "task_version": draft.task_version.number,
        "record": {"id": str(draft.record_id), "title": draft.record.title, "facts": draft.record.facts},
        "fields": draft.fields,
        "marks": draft.marks,
        "unfinished": assignment.unfinished,
        "note": assignment.note,
        "output_schema": [shape_json(field) for field in spec.output_schema],
        "rubric": [requirement.model_dump(mode="json") for requirement in spec.rubric],
        "reasons": [reason.model_dump(mode="json") for reason in spec.reasons],
        "guideline": spec.guideline,
        "parent": str(draft.parent_id) if draft.parent_id else None,
        "is_sent_back": assignment.drawn == Drawn.SENT_BACK,
        "has_comments": bool(getattr(assignment, "has_comments", False)),
        "goes_to": getattr(assignment, "goes_to", ""),
        "thread": draft.thread or [],
    }
