"""Questions about what was revoked or erased: which samples, and what holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from review.models import DatasetRow, DatasetVersion, Draft, Revocation, UnjudgedRow

# Rows of a version, and the drafts in a file apart that nobody had judged.
_ROWS = (DatasetRow, UnjudgedRow)


def versions_holding(record_ids: Sequence[UUID]) -> list[DatasetVersion]:
    """Frozen versions with rows made from these records, or with unjudged drafts of theirs apart; oldest first."""
    versions = DatasetVersion.objects.filter(pk__in=version_ids_with(record_ids), frozen_at__isnull=False)
    return list(versions.select_related("dataset__task").order_by("frozen_at", "pk"))


def version_ids_with(record_ids: Sequence[UUID]) -> set[UUID]:
    """Ids of versions, frozen or not, with rows made from these records, or with unjudged drafts of theirs apart."""
    return {
        version
        for model in _ROWS
        for version in model.objects.filter(draft__record__in=list(record_ids)).values_list("version", flat=True)
    }


def rows_by_version(drafts: QuerySet[Draft, Any]) -> Counter[UUID]:
    """Count the rows that hold some drafts, by frozen version; unjudged drafts apart among them.

    Args:
        drafts: Ids, as a subquery.
    """
    counts: Counter[UUID] = Counter()
    for model in _ROWS:
        rows = model.objects.filter(draft__in=drafts, version__frozen_at__isnull=False).order_by()
        counts.update(dict(rows.values_list("version").annotate(Count("pk"))))
    return counts


def newest(version_ids: Iterable[UUID], *, limit: int) -> list[DatasetVersion]:
    """Frozen versions by id with their datasets, the newest first."""
    versions = DatasetVersion.objects.filter(pk__in=list(version_ids)).select_related("dataset__task")
    return list(versions.defer("manifest", "card").order_by("-frozen_at", "pk")[:limit])


def erased_rows(version: DatasetVersion) -> int:
    """Count the rows of a version whose text was erased, unjudged drafts among them; 0 means the version is whole.

    What was built on a version that is not whole (runs, miniatures, evaluations) contains erased text in its weights or
    scores: their pages ask this of their version.
    """
    return _count(version, tombstones())


def tombstones() -> QuerySet[Draft, UUID]:
    """Ids of all drafts that were erased: few among many, and found by an index of their own."""
    return Draft.objects.order_by().filter(erased_at__isnull=False).values_list("pk", flat=True)


SHOWN = 20


def holds_revoked(version: str = "pk") -> Q:
    """A condition: the version that this column names holds a revoked sample, or one apart that nobody had judged."""
    return _holds(version, Revocation.objects.values("draft"))


def holds_erased(version: str = "pk") -> Q:
    """A condition: the version that this column names holds a tombstone where a person's text stood."""
    return _holds(version, tombstones())


def _holds(version: str, drafts: QuerySet[Any, Any]) -> Q:
    rows, unjudged = (model.objects.filter(version=OuterRef(version), draft__in=drafts) for model in _ROWS)
    return Q(Exists(rows)) | Q(Exists(unjudged))


def removed_counts(version: DatasetVersion) -> dict[str, int]:
    """Count revoked and erased rows of a frozen version, unjudged drafts among them.

    Models trained on the version learnt from those rows too.
    """
    if not version.is_frozen:
        return {"revoked": 0, "erased": 0}
    revoked = _count(version, Revocation.objects.values("draft"))
    return {"revoked": revoked, "erased": erased_rows(version)}


def _count(version: DatasetVersion, drafts: QuerySet[Any, Any]) -> int:
    return sum(model.objects.filter(version=version, draft__in=drafts).count() for model in _ROWS)


def in_version(version: DatasetVersion) -> list[Revocation]:
    """The latest revocations of samples that a version holds."""
    rows, unjudged = (model.objects.filter(version=version).values("draft") for model in _ROWS)
    held = Revocation.objects.filter(Q(draft__in=rows) | Q(draft__in=unjudged))
    revocations = held.select_related("by", "draft__record")
    return list(revocations.order_by("-created_at", "pk")[:SHOWN])


def of_draft(draft_id: UUID) -> Revocation | None:
    """The revocation of a draft, if it was revoked."""
    return Revocation.objects.filter(draft=draft_id).select_related("by").first()


def of_drafts(draft_ids: Collection[Any]) -> dict[UUID, Revocation]:
    """Revocations by draft."""
    revocations = Revocation.objects.filter(draft__in=list(draft_ids)).select_related("by")
    return {revocation.draft_id: revocation for revocation in revocations}
