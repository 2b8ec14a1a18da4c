"""Drafts that wait for a verdict and do not fit a newer version of their task, such as one that dropped their label.

Reads only. Such a draft is judged by the version it was written for; what comes of it may be of no use to the newer
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review.models import Draft, TaskVersion
from review.spec.values import normalise_fields
from review.states import DraftState

# So many of those that wait are looked at, the oldest first: a page is drawn meanwhile.
LOOK_AT = 2_000
REASONS_SHOWN, DRAFTS_SHOWN = 8, 5


@dataclass(frozen=True, slots=True)
class UnfitGroup:
    """Drafts that do not fit for one reason; `drafts` are the first few of `count`."""

    reason: str
    count: int
    drafts: Sequence[Draft]


@dataclass(frozen=True, slots=True)
class UnfitDrafts:
    """Waiting drafts of earlier versions that do not fit a version.

    Attributes:
        groups: By reason, the most frequent first, the first few reasons.
        looked_at: How many waiting drafts were looked at.
    """

    version: TaskVersion
    groups: Sequence[UnfitGroup]
    count: int
    looked_at: int
    is_more: bool


def waiting(version: TaskVersion) -> UnfitDrafts | None:
    """Waiting drafts of earlier versions whose fields a version would refuse; None where all of them fit."""
    schema = version.spec.output_schema
    earlier = TaskVersion.objects.filter(task=version.task_id, number__lt=version.number)
    others = {each.pk for each in earlier if each.spec.output_schema != schema}
    rows = _oldest(version) if others else []
    by_reason: dict[str, list[Draft]] = {}
    for draft in (row for row in rows[:LOOK_AT] if row.task_version_id in others):
        try:
            normalise_fields(schema, draft.fields)
        except ValueError as error:
            by_reason.setdefault(str(error), []).append(draft)
    if not by_reason:
        return None
    ranked = sorted(by_reason.items(), key=lambda each: (-len(each[1]), each[0]))
    groups = [UnfitGroup(reason, len(of_it), of_it[:DRAFTS_SHOWN]) for reason, of_it in ranked[:REASONS_SHOWN]]
    count = sum(map(len, by_reason.values()))
    return UnfitDrafts(version, groups, count, min(len(rows), LOOK_AT), len(rows) > LOOK_AT)


def _oldest(version: TaskVersion) -> list[Draft]:
    """The oldest drafts that wait, one more than is looked at; an index holds their order, however many there are."""
    drafts = Draft.objects.filter(task=version.task_id, state=DraftState.PENDING, erased_at__isnull=True)
    narrow = drafts.select_related("record").only("fields", "task_version_id", "record__title")
    return list(narrow.order_by("created_at")[: LOOK_AT + 1])
