"""Rows of frozen versions set against each other: what came, what went, what says something else now.

Every question runs along the index of a version's rows; nothing is loaded to be compared.
"""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from review.models import DatasetRow, DatasetVersion

Kind = Literal["added", "removed", "changed"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def rows(older: DatasetVersion, newer: DatasetVersion, kind: Kind) -> QuerySet[DatasetRow]:
    """Rows that differ, by draft: of the older version those removed, of the newer those added or changed."""
    mine, theirs = (older, newer) if kind == "removed" else (newer, older)
    other = DatasetRow.objects.filter(version=theirs, draft=OuterRef("draft"))
    changed_rows = DatasetRow.objects.filter(version=mine).order_by("draft_id")
    if kind == "changed":
        return changed_rows.filter(Exists(other.exclude(row_hash=OuterRef("row_hash"))))
    return changed_rows.filter(~Exists(other))


def counts(older: DatasetVersion, newer: DatasetVersion) -> dict[str, int]:
    """Count the rows that differ between two versions, by kind."""
    return {kind: rows(older, newer, kind).count() for kind in KINDS}


def page(
    older: DatasetVersion, newer: DatasetVersion, kind: Kind, *, after: UUID | None, size: int
) -> tuple[list[DatasetRow], UUID | None]:
    """Some rows that differ, with the draft to go on after; None on the last page."""
    changed_rows = rows(older, newer, kind)
    if after is not None:
        changed_rows = changed_rows.filter(draft__gt=after)
    related = ("draft__record", "decision__reviewer")
    heavy = ("draft__messages", "draft__marks", "draft__record__facts")
    some = list(changed_rows.select_related(*related).defer(*heavy)[: size + 1])
    return some[:size], some[size - 1].draft_id if len(some) > size else None


def twins(version: DatasetVersion, drafts: list[UUID]) -> dict[UUID, DatasetRow]:
    """Rows of a version by draft, with their decisions."""
    version_rows = DatasetRow.objects.filter(version=version, draft__in=drafts).select_related("decision__reviewer")
    return {row.draft_id: row for row in version_rows}


def before(version: DatasetVersion) -> DatasetVersion | None:
    """The frozen version of the same dataset that came before one."""
    older = DatasetVersion.objects.filter(
        dataset=version.dataset_id, number__lt=version.number, frozen_at__isnull=False
    )
    return older.order_by("-number").first()
