"""What a task's week came to: drafts judged, how many needed little or no editing, what calls cost. Read-only.

Weeks begin on Monday in the installation's time zone. Three questions, however many drafts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone

from generation.models import SpendDay
from review.models import Gold, Task
from review.states import Verdict

# An edit of at most this share of the words is called little.
LITTLE = 0.1
DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One week of a task.

    Attributes:
        judged: Drafts whose verdict, given on the desk in that week, counts.
        nearly_right: Those accepted, or edited by at most `LITTLE` of their words.
        spent_usd: What its calls cost, by the ledger.
    """

    judged: int
    nearly_right: int
    spent_usd: Decimal

    @property
    def share(self) -> float | None:
        """Share of the judged drafts that needed little or no editing; None where none was judged."""
        return self.nearly_right / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Week:
    """This week beside the last one.

    Attributes:
        now: This week, until now.
        before: The whole week before it.
        total_usd: What the task's calls have cost since the first one.
    """

    monday: date
    now: WeekFigures
    before: WeekFigures
    total_usd: Decimal

    @property
    def is_empty(self) -> bool:
        return not (self.now.judged or self.before.judged or self.total_usd)


def week_of(task: Task, *, today: date | None = None) -> Week:
    """The figures of the week that a day falls in, today's where none is named, and of the week before it."""
    today = today or timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    sums = SpendDay.objects.filter(order__task=task).aggregate(
        now=Sum("cost_usd", filter=Q(day__gte=monday)),
        before=Sum("cost_usd", filter=Q(day__gte=monday - DAYS, day__lt=monday)),
        total=Sum("cost_usd"),
    )
    now, before = (
        WeekFigures(*_judged(task, begin), Decimal(sums[name] or 0))
        for name, begin in (("now", monday), ("before", monday - DAYS))
    )
    return Week(monday, now, before, Decimal(sums["total"] or 0))


def _judged(task: Task, monday: date) -> tuple[int, int]:
    """Drafts judged in a week, and those of them that were right or nearly so."""
    begin, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (monday, monday + DAYS))
    golds = Gold.objects.filter(task=task, decided_at__gte=begin, decided_at__lt=end)
    # Verdicts that came with a file were given elsewhere, and at another time.
    here = golds.filter(decision__imported_from__isnull=True)
    little = Q(verdict=Verdict.EDIT, decision__edit_size__lte=LITTLE)
    counts = here.aggregate(judged=Count("pk"), nearly=Count("pk", filter=Q(verdict=Verdict.ACCEPT) | little))
    return counts["judged"], counts["nearly"]
