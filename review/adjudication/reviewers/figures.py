"""Figures of one reviewer in a task: verdicts, pace, drift, and accepts faster than anybody reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from members.models import Member
from review.adjudication.agreement.columns import VERDICTS
from review.adjudication.known_answers import queries
from review.adjudication.known_answers.queries import AnsweredKnown
from review.desk.decisions.queries import judged_one_by_one
from review.desk.pace import LONGEST_CARD_S
from review.models import Decision, KnownAnswer, Task
from review.states import Verdict
from stats.agreement.shares import AgreementShare, ShareDifference, difference, share
from web.templatetags.figures import fixed

PACE_OF = 500
# Rates are of the latest verdicts, so that a page costs the same after a year.
RATES_OF = 2000
WEEKS = 12
# The latest weeks are held against all before them.
RECENT_WEEKS = 2
KNOWN_SHOWN = 20


@dataclass(frozen=True, slots=True)
class VerdictSummary:
    by_verdict: dict[str, int]
    mean_seconds: float | None

    @property
    def total(self) -> int:
        return sum(self.by_verdict.values())


@dataclass(frozen=True, slots=True)
class ReviewerPace:
    """Pace of a reviewer over the latest `PACE_OF` timed verdicts; medians are None without any."""

    verdicts: int
    median_seconds: float | None
    median_words_per_minute: float | None


@dataclass(frozen=True, slots=True)
class AcceptWeek:
    """Accepts among the verdicts of one week, named by its Monday."""

    monday: date
    accepted: AgreementShare


def one_by_one(member: Member, task: Task) -> QuerySet[Decision]:
    """The member's standing verdicts in a task, each given on a card of its own here.

    None in bulk, none from elsewhere, none on a card with a known answer.
    """
    decisions = Decision.objects.filter(reviewer=member, task=task, is_late=False, imported_from__isnull=True)
    # As sub-queries: of a join that must find nothing PostgreSQL expects one row, and reads the whole table for it.
    taken_back = Exists(Decision.objects.filter(retracts=OuterRef("pk")))
    has_known_answer = Exists(KnownAnswer.objects.filter(draft=OuterRef("draft")))
    return judged_one_by_one(decisions.filter(~taken_back, ~has_known_answer).exclude(verdict=Verdict.RETRACT))


def latest(member: Member, task: Task, *, count: int = RATES_OF) -> QuerySet[Decision]:
    """The member's latest standing verdicts; what a page reads is bounded by `count`, however many they are."""
    return one_by_one(member, task).order_by("-created_at")[:count]


def summary(member: Member, task: Task, *, count: int = RATES_OF) -> VerdictSummary:
    """Return counts by verdict among the latest, and their mean seconds; one query."""
    timed = Q(seconds__gt=0, seconds__lte=LONGEST_CARD_S)
    of = {str(verdict): Count("pk", filter=Q(verdict=verdict)) for verdict in VERDICTS}
    totals: dict[str, Any] = latest(member, task, count=count).aggregate(
        mean_seconds=Avg("seconds", filter=timed), **of
    )
    return VerdictSummary({verdict: totals[verdict] for verdict in VERDICTS}, totals["mean_seconds"])


def pace_of(member: Member, task: Task) -> ReviewerPace:
    """Medians of the member's latest verdicts; cards left open over lunch are left out."""
    timed = one_by_one(member, task).filter(seconds__gt=0, seconds__lte=LONGEST_CARD_S).order_by("-created_at")
    rows = list(timed.values_list("seconds", "draft__words")[:PACE_OF])
    if not rows:
        return ReviewerPace(0, None, None)
    seconds, words = (np.asarray(column, float) for column in zip(*rows, strict=True))
    return ReviewerPace(len(rows), float(np.median(seconds)), float(np.median(words / seconds * 60)))


def weeks_of(member: Member, task: Task) -> list[AcceptWeek]:
    """The share of accepts in each of the last `WEEKS` weeks in which the member judged."""
    since = timezone.now() - timedelta(weeks=WEEKS)
    decisions = one_by_one(member, task).filter(created_at__gte=since).order_by()
    rows = (
        decisions.annotate(week=TruncWeek("created_at"))
        .values_list("week")
        .annotate(all=Count("pk"), accepted=Count("pk", filter=Q(verdict=Verdict.ACCEPT)))
        .order_by("week")
    )
    return [AcceptWeek(week.date(), share(accepted, of)) for week, of, accepted in rows]


def drift_of(weeks: list[AcceptWeek]) -> ShareDifference | None:
    """Compare accepts of the last `RECENT_WEEKS` weeks with those before; None where one side is empty."""
    edge = timezone.now().date() - timedelta(weeks=RECENT_WEEKS)
    sides: Counter[tuple[bool, str]] = Counter()
    for week in weeks:
        is_late = week.monday > edge
        sides[is_late, "accepted"] += week.accepted.count
        sides[is_late, "all"] += week.accepted.of
    return difference(*(share(sides[side, "accepted"], sides[side, "all"]) for side in (False, True)))


def known_answers(member: Member, task: Task) -> tuple[AgreementShare, list[AnsweredKnown]]:
    """Return the share of known answers that the member matched, and the latest ones that they missed."""
    met = queries.answered_by(member, task)
    missed = [answer for answer in met if not answer.is_right]
    return share(len(met) - len(missed), len(met)), missed[:KNOWN_SHOWN]


FASTEST_WPM = 600
SHORTEST_WORDS = 20
LEADS_SEE_AFTER = timedelta(days=1)
# How far back is looked, and how many are shown.
LOOK_AT, SHOWN = 2000, 20


@dataclass(frozen=True, slots=True)
class FastAccepts:
    """One accept that was faster than reading.

    Attributes:
        words: Of the text.
        seconds: That the card was looked at.
    """

    draft: UUID
    title: str
    words: int
    seconds: float
    at: datetime

    @property
    def words_per_minute(self) -> int:
        return round(self.words / self.seconds * 60)


def fast_accepts(member: Member, task: Task, *, is_own: bool) -> list[FastAccepts]:
    """The member's latest accepts that were faster than reading, among their last `LOOK_AT` verdicts; `SHOWN` at most.

    Args:
        is_own: Whether the member asks; others are shown what is a day old.
    """
    latest = one_by_one(member, task).order_by("-created_at").values("pk")[:LOOK_AT]
    fast = Decision.objects.filter(
        pk__in=latest,
        verdict=Verdict.ACCEPT,
        seconds__gt=0,
        draft__words__gte=SHORTEST_WORDS,
        seconds__lt=F("draft__words") * (60.0 / FASTEST_WPM),
    )
    if not is_own:
        fast = fast.filter(created_at__lte=timezone.now() - LEADS_SEE_AFTER)
    rows = fast.order_by("-created_at").values_list(
        "draft_id", "draft__record__title", "draft__words", "seconds", "created_at"
    )
    # The filter leaves those with a time.
    return [FastAccepts(draft, title, words, seconds or 0.0, at) for draft, title, words, seconds, at in rows[:SHOWN]]


def of_drift(change: ShareDifference | None) -> str:
    """One sentence on whether verdicts lately fall differently than before."""
    if change is None:
        return f"Nothing to compare yet: this needs verdicts of the last {RECENT_WEEKS} weeks and of weeks before."
    ends = f"{fixed(change.low * 100, 0, signed=True)} to {fixed(change.high * 100, 0, signed=True)} points"
    if not change.is_clear:
        return f"The last {RECENT_WEEKS} weeks differ from those before by no more than chance may bring ({ends})."
    way = "more" if change.value > 0 else "less"
    return (
        f"In the last {RECENT_WEEKS} weeks {way} was accepted than before ({ends}). The drafts, the rules or the "
        "reviewer may have changed: see the list of cards."
    )
