"""Count what was asked of a miniature, by day and token. One UPDATE a request; races add up."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from serving.models import Usage
from serving.v1.rate_limits import UNLIMITED, RateClaim


@dataclass(frozen=True)
class UsageEntry:
    """One question's end: who asked whom, and what it came to."""

    miniature_id: UUID
    member_id: UUID | None
    token: str
    outcome: str  # answered, error or cancelled
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    taken: RateClaim = UNLIMITED


def count_usage(entry: UsageEntry) -> None:
    """Add one question to its day's row, and settle what it took of its token's minute.

    Settles last: all of it is tried again where the database was away.
    """
    _add_to_day(entry)
    # Who hangs up just before the end has read all of it, and nobody has counted that: what was taken stays taken.
    if entry.outcome != "cancelled":
        entry.taken.settle(entry.prompt_tokens + entry.completion_tokens)


def _add_to_day(entry: UsageEntry) -> None:
    key = {"day": timezone.now().date(), "miniature_id": entry.miniature_id, "token": entry.token}
    added = {
        "requests": F("requests") + 1,
        "errors": F("errors") + int(entry.outcome == "error"),
        "cancelled": F("cancelled") + int(entry.outcome == "cancelled"),
        "prompt_tokens": F("prompt_tokens") + entry.prompt_tokens,
        "completion_tokens": F("completion_tokens") + entry.completion_tokens,
        "seconds": F("seconds") + entry.seconds,
    }
    if Usage.objects.filter(**key).update(**added):
        return
    try:
        with transaction.atomic():
            Usage.objects.create(**key, member_id=entry.member_id)
    except IntegrityError:
        pass  # Another request of the same day was first.
    Usage.objects.filter(**key).update(**added)
