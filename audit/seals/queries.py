"""Questions about the days of the trail and their seals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

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


def last_seal() -> AuditDigest | None:
    """The newest seal."""
    return AuditDigest.objects.order_by("-day").first()


def first_day(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time.min, tzinfo=UTC)
