"""What was asked of miniatures, added up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from serving.models import Usage
from training.models import Miniature

FIGURES = ("requests", "errors", "cancelled", "prompt_tokens", "completion_tokens", "seconds")
NOTHING: dict[str, Any] = dict.fromkeys(FIGURES, 0)


def totals(miniatures: Iterable[Miniature], *, days: int | None = None) -> dict[UUID, dict[str, Any]]:
    """Sums by miniature, of all time or of the last so many days, today included."""
    rows = Usage.objects.filter(miniature__in=[miniature.pk for miniature in miniatures])
    if days is not None:
        rows = rows.filter(day__gt=timezone.now().date() - timedelta(days=days))
    # Names of the sums are computed, which the stubs cannot follow.
    sums: Any = rows.order_by().values("miniature").annotate(**{name: Sum(name) for name in FIGURES})
    return {row["miniature"]: {name: row[name] for name in FIGURES} for row in sums}


def by_day(miniature: Miniature, *, limit: int = 60) -> list[dict[str, Any]]:
    """Sums by day and who asked, newest first: `day, member, token` and the figures."""
    rows = Usage.objects.filter(miniature=miniature).select_related("member").order_by("-day", "token")[:limit]
    return [
        {
            "day": row.day,
            "member": row.member.name if row.member else "the product itself",
            "token": row.token,
            **{name: getattr(row, name) for name in FIGURES},
        }
        for row in rows
    ]
