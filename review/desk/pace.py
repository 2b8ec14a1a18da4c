"""Pace of a member and the cards left for them. Costs the same at a thousand drafts and at a million.

Knows nothing of pages or of clocks on a wall: the browser turns seconds into "done by 15:40".
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from django.db.models import Count, FloatField, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from members.models import Member
from review.desk import queues
from review.models import Assignment, Decision, Task
from review.states import AssignmentState, Verdict

# Counting stops here: for a plan, a thousand cards and a hundred thousand are the same.
COUNT_UP_TO = 1000
RECENT = 20
# A queue longer than that is not counted anew at each verdict.
LONG_FOR_S = 2.0
_long_queues: dict[UUID, tuple[UUID, float]] = {}
# Over so many days back "a day" is counted.
DAYS = 14
# A card left open over lunch says nothing about pace.
LONGEST_CARD_S = 300.0


class _CountOf(Subquery):
    """Number of rows of a sliced query; the slice bounds what it costs."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) bounded)"
    output_field = IntegerField()


class _MedianOf(Subquery):
    """Median of the one column of a sliced query, in words both databases know: the mean of the middle one or two."""

    template = (
        "(SELECT AVG(ranked.seconds) FROM (SELECT recent.seconds, ROW_NUMBER() OVER (ORDER BY recent.seconds) AS "
        "place, COUNT(*) OVER () AS total FROM (%(subquery)s) recent) ranked "
        "WHERE ranked.place IN ((ranked.total + 1) / 2, (ranked.total + 2) / 2))"
    )
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Pace:
    """Cards left and pace of a member in a task, for the head of the desk.

    Attributes:
        left: Cards this member can still judge, counted up to `COUNT_UP_TO`.
        is_more: Whether there are more than that.
        seconds_per_card: Median of the member's latest decisions in the task; None before the first.
        today: Cards this member judged today; None where it is not counted, as on the way of a verdict.
    """

    left: int
    is_more: bool
    seconds_per_card: float | None
    today: int | None = None

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the queue is empty at this pace, where both are known."""
        return None if self.is_more or self.seconds_per_card is None else self.left * self.seconds_per_card

    def as_json(self) -> dict[str, Any]:
        seconds = self.seconds_per_card
        return {
            "left": self.left,
            "left_is_at_least": self.is_more,
            "seconds_per_card": None if seconds is None else round(seconds, 1),
            "today": self.today,
        }


def long_queue_of(member_id: UUID) -> UUID | None:
    """Return the task in which this process lately counted more than `COUNT_UP_TO` cards for the member."""
    task_id, until = _long_queues.get(member_id, (None, 0.0))
    return task_id if time.monotonic() < until else None


def keep_long_queue(member_id: UUID, task_id: UUID, pending: int) -> None:
    """Keep for `LONG_FOR_S` that the member's queue is longer than `COUNT_UP_TO`, if it is."""
    if pending > COUNT_UP_TO:
        _long_queues[member_id] = task_id, time.monotonic() + LONG_FOR_S


def expressions(member: Member | UUID, task: OuterRef | Task, *, is_counted: bool = True) -> dict[str, Any]:
    """Annotations `pending`, `in_deck` and `pace_s` for a query that has the task at hand.

    Args:
        is_counted: False leaves out the count, where `long_queue_of` names the task: `pending` is above `COUNT_UP_TO`
            then.
    """
    open_cards = (waiting.values("pk")[: COUNT_UP_TO + 1] for waiting in queues.open_to(member, task))
    deck = Assignment.objects.filter(reviewer=member, task=task, state=AssignmentState.ACTIVE)
    recent = Decision.objects.filter(reviewer=member, task=task, seconds__gt=0, seconds__lte=LONGEST_CARD_S)
    return {
        "pending": reduce(add, (_CountOf(waiting) for waiting in open_cards)) if is_counted else Value(COUNT_UP_TO + 1),
        "in_deck": _CountOf(deck.order_by().values("pk")[: COUNT_UP_TO + 1]),
        "pace_s": _MedianOf(recent.order_by("-created_at").values("seconds")[:RECENT]),
    }


def from_counts(*, pending: int, in_deck: int, pace_s: float | None, today: int | None = None) -> Pace:
    """Put the annotations together."""
    left = pending + in_deck
    return Pace(left=min(left, COUNT_UP_TO), is_more=left > COUNT_UP_TO, seconds_per_card=pace_s, today=today)


def pace_of(member: Member, task: Task, *, since: datetime) -> Pace:
    """Return the member's pace in the task; one query.

    Args:
        since: The first moment of the member's day.
    """
    today = judged_by(member, OuterRef("pk")).filter(created_at__gte=since)
    judged = _CountOf(today.order_by().values("pk")[:COUNT_UP_TO])
    counts: Any = Task.objects.filter(pk=task.pk).annotate(today=judged, **expressions(member, OuterRef("pk")))
    return from_counts(**counts.values("pending", "in_deck", "pace_s", "today").get())


def judged_by(member: Member, task: OuterRef | Task) -> QuerySet[Decision]:
    """Return a member's verdicts that stand, each given on a card of its own."""
    judged = Decision.objects.filter(reviewer=member, task=task, bulk__isnull=True)
    return judged.filter(imported_from__isnull=True, retracted_by__isnull=True).exclude(verdict=Verdict.RETRACT)


@dataclass(frozen=True, slots=True)
class DailyPace:
    """Decisions of a member in a task over the last `DAYS` days.

    Attributes:
        decisions: How many drafts, each read by itself; taken back or not.
        days: On how many of the days (UTC).
    """

    decisions: int
    days: int

    @property
    def a_day(self) -> float:
        """Decisions a day over all the days, those without any among them."""
        return self.decisions / DAYS


def daily_paces(members: Sequence[Member], task: Task) -> dict[UUID, DailyPace]:
    """The daily pace of each member, by id; one query."""
    since = timezone.now() - timedelta(days=DAYS)
    judged = Decision.objects.filter(
        reviewer__in=members, task=task, created_at__gte=since, bulk__isnull=True, imported_from__isnull=True
    ).exclude(verdict=Verdict.RETRACT)
    days = Count(TruncDate("created_at"), distinct=True)
    rows = judged.order_by().values("reviewer").annotate(decisions=Count("pk"), days=days)
    paces = {row["reviewer"]: DailyPace(row["decisions"], row["days"]) for row in rows}
    return {member.pk: paces.get(member.pk, DailyPace(0, 0)) for member in members}
