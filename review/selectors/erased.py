"""Questions about what was erased: which drafts, and which frozen versions held them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from review.models import DatasetRow, DatasetVersion, Draft


def versions_holding(record_ids: Sequence[UUID]) -> list[DatasetVersion]:
    """Frozen versions with rows made from these records, oldest first."""
    rows = DatasetRow.objects.filter(draft__record__in=list(record_ids)).values("version")
    found = DatasetVersion.objects.filter(pk__in=rows, frozen_at__isnull=False)
    return list(found.select_related("dataset__task").order_by("frozen_at", "pk"))


def erased_rows(version: DatasetVersion) -> int:
    """How many rows of a version hold a tombstone where a person's text stood; 0: it is whole.

    What was built on a version that is not whole (runs, miniatures, evaluations) contains erased text in its weights or
    scores: their pages ask this of their version.
    """
    return DatasetRow.objects.filter(version=version, draft__in=tombstones()).count()


def tombstones() -> QuerySet[Draft, UUID]:
    """Ids of all drafts that were erased: few among many, and found by an index of their own."""
    return Draft.objects.order_by().filter(erased_at__isnull=False).values_list("pk", flat=True)
