"""Questions about the days of the trail and their seals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from audit.models import AuditDigest, AuditRow
from audit.seals.row_hashes import row_hash


def hashes_of(day: date) -> Iterator[tuple[int, str]]:
    """(row id, row hash) of a UTC day's rows in the order of ids."""
    rows = AuditRow.objects.filter(at__gte=first_day(day), at__lt=first_day(day + timedelta(days=1))).order_by("id")
    for row in rows.iterator(chunk_size=1000):
        yield row.pk, hash_of(row)


def hash_of(row: AuditRow) -> str:
    """The hash that a day's seal holds of a row."""
    return row_hash(
        row_id=row.pk,
        at=row.at,
        actor=row.actor,
        act=row.act,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        detail=row.detail,
    )


def rows_about(*, task: str, subjects: Collection[str], acts: Collection[str]) -> QuerySet[AuditRow]:
    """Rows of a task or about certain things, and all of certain acts, in the order of ids.

    Args:
        task: The task's slug, as rows name it in their detail.
        subjects: Ids of things.
        acts: Acts of which every row is wanted, whatever it was about.
    """
    wanted = Q(detail__task=task) | Q(subject_id__in=list(subjects)) | Q(act__in=list(acts))
    return AuditRow.objects.filter(wanted).order_by("id")


def all_seals() -> QuerySet[AuditDigest]:
    """Every seal, the first day first, without the leaves."""
    return AuditDigest.objects.defer("leaves").order_by("day")


def last_seal() -> AuditDigest | None:
    """The newest seal."""
    return AuditDigest.objects.order_by("-day").first()


def first_day(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time.min, tzinfo=UTC)
