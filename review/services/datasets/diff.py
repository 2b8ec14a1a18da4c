"""Two versions of a dataset, row by row: what came, went or changed, and what was said in between that explains it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from review.models import DatasetRow, DatasetVersion, Decision, Ruling
from review.selectors import version_rows
from review.selectors.version_rows import Kind
from review.services.datasets import absence
from review.services.datasets.absence import Why
from review.services.datasets.selection import words_of
from review.spec_diff import Segment, word_diff

PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said of a draft between two versions."""

    at: datetime
    by: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs.

    Attributes:
        draft: Id of the draft.
        title: Of its record.
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
    why: Why | None
    segments: tuple[Segment, ...] = ()
    said: list[Said] = field(default_factory=list)


def page(
    older: DatasetVersion, newer: DatasetVersion, kind: Kind, *, after: UUID | None = None, size: int = PAGE_ROWS
) -> tuple[list[Difference], UUID | None]:
    """Rows that differ between two frozen versions of a dataset, by draft.

    Args:
        older: The version to come from.
        newer: The version to go to; it may be the older one in time, and then "removed" is what came since.
        kind: Which rows.
        after: The draft that the page before ended with.
        size: How many rows.

    Returns:
        Rows, and the draft to go on after; None on the last page.
    """
    rows, last = version_rows.page(older, newer, kind, after=after, size=size)
    drafts = [row.draft_id for row in rows]
    said = _said(drafts, *sorted((absence.moment_of(older), absence.moment_of(newer))))
    if kind == "changed":
        others = version_rows.twins(older, drafts)
        return [_changed(row, others[row.draft_id], said[row.draft_id]) for row in rows], last
    why = absence.why(newer if kind == "removed" else older, drafts)
    return [_one_sided(row, kind, why[row.draft_id], said[row.draft_id]) for row in rows], last


def _one_sided(row: DatasetRow, kind: Kind, why: Why, said: list[Said]) -> Difference:
    before, after = (row.decision, None) if kind == "removed" else (None, row.decision)
    return Difference(row.draft_id, row.draft.record.title, before, after, why, (), said)


def _changed(row: DatasetRow, other: DatasetRow, said: list[Said]) -> Difference:
    draft = row.draft.fields
    texts = [words_of(decision.fields or draft) for decision in (other.decision, row.decision)]
    segments = word_diff(*texts) if texts[0] != texts[1] else ()
    same = row.decision_id == other.decision_id
    why = Why("rewritten", "The same verdict, written in another way: masked, or by a newer release") if same else None
    return Difference(row.draft_id, row.draft.record.title, other.decision, row.decision, why, segments, said)


def _said(drafts: Sequence[UUID], begin: datetime, end: datetime) -> dict[UUID, list[Said]]:
    found: defaultdict[UUID, list[Said]] = defaultdict(list)
    between = {"draft__in": drafts, "created_at__gt": begin, "created_at__lte": end}
    decisions: Iterable[Decision] = Decision.objects.filter(**between).select_related("reviewer")
    for one in decisions:
        words = f"{one.get_verdict_display()}{' late' if one.is_late else ''}{' in bulk' if one.bulk_id else ''}"
        found[one.draft_id].append(Said(one.created_at, one.reviewer.name, words, one.note))
    for ruling in Ruling.objects.filter(**between).select_related("lead"):
        words = f"Ruled: {ruling.get_kind_display().lower()}"
        found[ruling.draft_id].append(Said(ruling.created_at, ruling.lead.name, words, ruling.note))
    for said in found.values():
        said.sort(key=lambda one: one.at)
    return found
