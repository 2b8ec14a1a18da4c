"""Two versions of a dataset, row by row: what came, went or changed, and what was said in between that explains it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from review.datasets import exclusion_reason, row_changes
from review.datasets.exclusion_reason import ExclusionReason
from review.datasets.row_changes import Kind
from review.datasets.selection import words_of
from review.models import DatasetRow, DatasetVersion, Decision, Ruling
from review.spec.spec_diff import WordChange, word_diff

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class DecisionBetween:
    at: datetime
    by: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that differs.

    Attributes:
        before: The decision whose text the older version holds.
        after: The same of the newer version.
        why: Why it is absent where it is: for what came from the older version, for what went from the newer.
        segments: What the text lost and gained, of a row whose text changed.
        said: Verdicts and rulings between the two versions, the earliest first.
    """

    draft: UUID
    title: str
    before: Decision | None
    after: Decision | None
    why: ExclusionReason | None
    segments: tuple[WordChange, ...] = ()
    said: list[DecisionBetween] = field(default_factory=list)


def page(
    older: DatasetVersion, newer: DatasetVersion, kind: Kind, *, after: UUID | None = None, size: int = PAGE_ROWS
) -> tuple[list[RowDifference], UUID | None]:
    """Rows that differ between two frozen versions of a dataset, by draft.

    Args:
        newer: The version to go to; it may be the older one in time, and then "removed" is what came since.
        after: The draft that the page before ended with.

    Returns:
        Rows, and the draft to go on after; None on the last page.
    """
    rows, last = row_changes.page(older, newer, kind, after=after, size=size)
    drafts = [row.draft_id for row in rows]
    decisions_by_draft = _said(drafts, *sorted((exclusion_reason.moment_of(older), exclusion_reason.moment_of(newer))))
    if kind == "changed":
        others = row_changes.twins(older, drafts)
        return [_changed(row, others[row.draft_id], decisions_by_draft[row.draft_id]) for row in rows], last
    why = exclusion_reason.exclusion_reasons(newer if kind == "removed" else older, drafts)
    return [_one_sided(row, kind, why[row.draft_id], decisions_by_draft[row.draft_id]) for row in rows], last


def _one_sided(row: DatasetRow, kind: Kind, why: ExclusionReason, decisions: list[DecisionBetween]) -> RowDifference:
    before, after = (row.decision, None) if kind == "removed" else (None, row.decision)
    return RowDifference(row.draft_id, row.draft.record.title, before, after, why, (), decisions)


def _changed(row: DatasetRow, older: DatasetRow, decisions: list[DecisionBetween]) -> RowDifference:
    draft = row.draft.fields
    texts = [words_of((decision.fields if decision else None) or draft) for decision in (older.decision, row.decision)]
    segments = word_diff(*texts) if texts[0] != texts[1] else ()
    same = row.decision_id == older.decision_id
    why = (
        ExclusionReason("rewritten", "Same verdict, different rendering: masked, or by a newer release")
        if same
        else None
    )
    return RowDifference(row.draft_id, row.draft.record.title, older.decision, row.decision, why, segments, decisions)


def _said(drafts: Sequence[UUID], begin: datetime, end: datetime) -> dict[UUID, list[DecisionBetween]]:
    by_draft: defaultdict[UUID, list[DecisionBetween]] = defaultdict(list)
    between = {"draft__in": drafts, "created_at__gt": begin, "created_at__lte": end}
    decisions: Iterable[Decision] = Decision.objects.filter(**between).select_related("reviewer")
    for decision in decisions:
        words = (
            f"{decision.get_verdict_display()}{' late' if decision.is_late else ''}"
            f"{' in bulk' if decision.bulk_id else ''}"
        )
        by_draft[decision.draft_id].append(
            DecisionBetween(decision.created_at, decision.reviewer.name, words, decision.note)
        )
    for ruling in Ruling.objects.filter(**between).select_related("lead"):
        words = f"Ruled: {ruling.get_kind_display().lower()}"
        by_draft[ruling.draft_id].append(DecisionBetween(ruling.created_at, ruling.lead.name, words, ruling.note))
    for of_draft in by_draft.values():
        of_draft.sort(key=lambda decision: decision.at)
    return by_draft
