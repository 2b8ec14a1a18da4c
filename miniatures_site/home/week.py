"""A task's week: drafts judged, and how many needed little or no editing. Read-only.

Weeks begin on Monday in the installation's time zone. Two queries, however many drafts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from review.models import Gold, Task
from review.states import POSITIVE, Verdict

# An edit of at most this share of the words is called little.
LITTLE = 0.1
DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One week of a task.

    Attributes:
        judged: Drafts whose verdict, given on the desk in that week, counts.
        nearly_right: Those accepted, or edited by at most `LITTLE` of their words.
        edited: Mean share of the words that were changed in accepted and edited drafts; None where there is none.
    """

    judged: int
    nearly_right: int
    edited: float | None

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
    """

    monday: date
    now: WeekFigures
    before: WeekFigures

    @property
    def is_empty(self) -> bool:
        return not (self.now.judged or self.before.judged)


def week_of(task: Task, *, today: date | None = None) -> Week:
    """The figures of the week that a day falls in, today's where none is named, and of the week before it."""
    today = today or timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    now, before = (WeekFigures(*_judged(task, begin)) for begin in (monday, monday - DAYS))
    return Week(monday, now, before)


def _judged(task: Task, monday: date) -> tuple[int, int, float | None]:
    """Drafts judged in a week, those of them that were right or nearly so, and the mean share of words changed."""
    begin, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (monday, monday + DAYS))
    golds = Gold.objects.filter(task=task, decided_at__gte=begin, decided_at__lt=end)
    # Verdicts that came with a file were given elsewhere, and at another time.
    here = golds.filter(decision__imported_from__isnull=True)
    little = Q(verdict=Verdict.EDIT, decision__edit_size__lte=LITTLE)
    counts = here.aggregate(
        judged=Count("pk"),
        nearly=Count("pk", filter=Q(verdict=Verdict.ACCEPT) | little),
        kept=Count("pk", filter=Q(verdict__in=POSITIVE)),
        changed=Sum("decision__edit_size", filter=Q(verdict=Verdict.EDIT)),
    )
    edited = (counts["changed"] or 0.0) / counts["kept"] if counts["kept"] else None
    return counts["judged"], counts["nearly"], edited
