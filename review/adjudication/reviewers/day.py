"""A reviewer's latest day by the hour: pace, edits, and agreement with whoever judged the same drafts. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from members.models import Member
from review.adjudication.reviewers.figures import RATES_OF, one_by_one
from review.desk.decisions.queries import judged_one_by_one
from review.desk.pace import LONGEST_CARD_S
from review.models import Decision, Task
from review.states import OPEN, Verdict
from web import zones


@dataclass(frozen=True, slots=True)
class DayHour:
    """Verdicts of one hour.

    Attributes:
        hour: Of the member's clock, 0 to 23.
        seconds: Median of those whose time was taken; None without any.
        edited: Share of edits, 0 to 1.
        same: Share that others gave too, of drafts that nobody judges any more; None without such drafts.
    """

    hour: int
    verdicts: int
    seconds: float | None
    edited: float
    same: float | None


@dataclass(frozen=True, slots=True)
class ReviewerDay:
    day: date
    hours: Sequence[DayHour]

    @property
    def verdicts(self) -> int:
        return sum(hour.verdicts for hour in self.hours)


def latest_day(member: Member, task: Task, zone: ZoneInfo) -> ReviewerDay | None:
    """Return the latest day on which the member judged, by the hours of a zone; None where they never did."""
    decisions = one_by_one(member, task)
    last = decisions.order_by("-created_at").values_list("created_at", flat=True).first()
    if last is None:
        return None
    day = last.astimezone(zone).date()
    of_day = decisions.filter(created_at__gte=zones.start_of(day, zone), created_at__lt=zones.end_of(day, zone))
    rows: list[Any] = list(
        of_day.order_by("-created_at").values("created_at", "seconds", "verdict", "draft_id")[:RATES_OF]
    )
    others = _verdicts_of_others(member, {row["draft_id"] for row in rows})
    by_hour: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_hour[row["created_at"].astimezone(zone).hour].append(row)
    return ReviewerDay(day, [_hour(hour, by_hour[hour], others) for hour in sorted(by_hour)])


def _hour(hour: int, rows: Sequence[dict[str, Any]], others: dict[UUID, list[str]]) -> DayHour:
    times = [row["seconds"] for row in rows if 0 < (row["seconds"] or 0) <= LONGEST_CARD_S]
    pairs = [row["verdict"] == verdict for row in rows for verdict in others.get(row["draft_id"], ())]
    edits = sum(row["verdict"] == Verdict.EDIT for row in rows)
    same = sum(pairs) / len(pairs) if pairs else None
    return DayHour(hour, len(rows), median(times) if times else None, edits / len(rows), same)


def _verdicts_of_others(member: Member, drafts: set[UUID]) -> dict[UUID, list[str]]:
    """Return standing verdicts of others; a draft that still waits for one keeps them to itself."""
    standing = Decision.objects.filter(draft__in=drafts, is_late=False, retracted_by__isnull=True)
    standing = standing.exclude(reviewer=member).exclude(verdict=Verdict.RETRACT).exclude(draft__state__in=OPEN)
    verdicts: dict[UUID, list[str]] = defaultdict(list)
    for draft, verdict in judged_one_by_one(standing).order_by().values_list("draft_id", "verdict"):
        verdicts[draft].append(verdict)
    return verdicts
