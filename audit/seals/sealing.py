"""Seal days of the trail, and check the rows against the seals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditDigest, AuditRow
from audit.seals import queries, row_hashes
from web.db import database_clock

# A transaction that began before midnight may still bring its row for so long.
GRACE = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SealCheck:
    """Result of verifying the seals.

    Attributes:
        digest: The newest digest; keep it elsewhere, and a later look can be held against it.
        trouble: The first thing that does not hold, in one sentence; empty when all holds.
    """

    days: int
    rows: int
    digest: str
    trouble: str = ""


def seal_days(*, now: datetime | None = None) -> list[AuditDigest]:
    """Seal every UTC day that has ended and has no seal yet, the oldest first; days without rows too.

    Two that run at once seal each day once: the day is the key.

    Returns:
        The new seals.
    """
    last, made = queries.last_seal(), []
    # The clock of a worker that is a day ahead must not seal today.
    ended = ((now or min(timezone.now(), database_clock.now())) - GRACE).astimezone(UTC).date() - ONE_DAY
    day = last.day + ONE_DAY if last else _first_day()
    while day is not None and day <= ended:
        last = _seal(day, last.digest if last else "")
        made.append(last)
        day += ONE_DAY
    return made


def verify(external_digests: Mapping[date, str] | None = None) -> SealCheck:
    """Recompute every seal from the rows, from the first day on, until one does not match.

    Args:
        external_digests: Digests by day that were written down elsewhere; each must be the one that stands.
    """
    written_down = dict(external_digests or {})
    days = rows = 0
    previous, digest, expected = "", "", None
    for stored in AuditDigest.objects.order_by("day").iterator(chunk_size=100):
        trouble = _mismatch(
            stored, previous=previous, expected=expected, external_digest=written_down.pop(stored.day, "")
        )
        if trouble:
            return SealCheck(days, rows, digest, trouble)
        days, rows, digest = days + 1, rows + stored.rows, stored.digest
        previous, expected = stored.digest, stored.day + ONE_DAY
    gone = f"The seal of {min(written_down)} was written down and is gone." if written_down else ""
    return SealCheck(days, rows, digest, gone)


def _seal(day: date, previous: str) -> AuditDigest:
    day_seal = row_hashes.seal(previous, day, queries.hashes_of(day))
    leaves = row_hashes.leaves_as_text(day_seal.leaves)
    try:
        with transaction.atomic():
            return AuditDigest.objects.create(
                day=day, rows=day_seal.rows, leaves=leaves, previous=previous, digest=day_seal.digest
            )
    except IntegrityError:
        return AuditDigest.objects.get(pk=day)


def _first_day() -> date | None:
    first = AuditRow.objects.order_by("at").values_list("at", flat=True).first()
    return first.astimezone(UTC).date() if first else None


def _mismatch(stored: AuditDigest, *, previous: str, expected: date | None, external_digest: str) -> str:
    if expected is not None and stored.day != expected:
        return f"The seal of {expected} is missing."
    if expected is None and (first := _first_day()) is not None and first < stored.day:
        return f"There are rows of {first}, before the first sealed day, {stored.day}."
    if stored.previous != previous:
        return f"The seal of {stored.day} does not follow the one before it."
    if external_digest and external_digest != stored.digest:
        return f"The seal of {stored.day} is another one than was written down."
    day_seal = row_hashes.seal(previous, stored.day, queries.hashes_of(stored.day))
    if day_seal.digest == stored.digest and row_hashes.leaves_as_text(day_seal.leaves) == stored.leaves:
        return ""
    return _first_difference(stored, day_seal.leaves)


def _first_difference(stored: AuditDigest, leaves: Mapping[int, str]) -> str:
    sealed = row_hashes.leaves_of_text(stored.leaves)
    for row_id in sorted({*sealed, *leaves}):
        if row_id not in leaves:
            return f"Row {row_id} of {stored.day} is gone."
        if row_id not in sealed:
            return f"Row {row_id} of {stored.day} was added after the day was sealed."
        if leaves[row_id] != sealed[row_id]:
            return f"Row {row_id} of {stored.day} was changed after the day was sealed."
    return f"The seal of {stored.day} itself was changed."
