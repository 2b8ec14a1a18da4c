"""A reviewer's own verdicts in a task: what counts for pace and rates, and the figures made of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from members.models import Member
from review.agreement.shares import Difference, Share, difference, share
from review.models import Decision, Task
from review.selectors import known_answers as known
from review.selectors.agreement.columns import VERDICTS
from review.selectors.decisions import judged_one_by_one
from review.selectors.known_answers import Met
from review.selectors.pace import LONGEST_CARD_S
from review.states import Verdict

PACE_OF = 500
# Rates are of the latest verdicts, so that a page costs the same after a year.
RATES_OF = 2000
WEEKS = 12
# The latest weeks are held against all before them.
RECENT_WEEKS = 2
KNOWN_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """Verdicts by kind, and the mean of their seconds where they were taken."""

    by_verdict: dict[str, int]
    mean_seconds: float | None

    @property
    def total(self) -> int:
        return sum(self.by_verdict.values())


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, over the latest `PACE_OF` verdicts whose time was taken; None without any."""

    verdicts: int
    median_seconds: float | None
    median_words_per_minute: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """Accepts among the verdicts of one week, named by its Monday."""

    monday: date
    accepted: Share


@dataclass(frozen=True, slots=True)
class Drift:
    """Accepts of the last weeks against those of the weeks before; `change` is None where one side is empty."""

    before: Share
    lately: Share
    change: Difference | None


def one_by_one(member: Member, task: Task) -> QuerySet[Decision]:
    """The member's standing verdicts in a task, each given on a card of its own here.

    None in bulk, none from elsewhere, none on a card with a known answer.
    """
    said = Decision.objects.filter(reviewer=member, task=task, is_late=False, retracted_by__isnull=True)
    here = said.filter(imported_from__isnull=True, draft__known_answer__isnull=True)
    return judged_one_by_one(here.exclude(verdict=Verdict.RETRACT))


def latest(member: Member, task: Task, *, count: int = RATES_OF) -> QuerySet[Decision]:
    """The member's latest standing verdicts; what a page reads is bounded by `count`, however long somebody has judged."""
    return one_by_one(member, task).order_by("-created_at")[:count]


def summary(member: Member, task: Task, *, count: int = RATES_OF) -> Summary:
    """How many of each verdict among the latest, and how long they took; one question."""
    timed = Q(seconds__gt=0, seconds__lte=LONGEST_CARD_S)
    of = {str(verdict): Count("pk", filter=Q(verdict=verdict)) for verdict in VERDICTS}
    found: dict[str, Any] = latest(member, task, count=count).aggregate(mean_seconds=Avg("seconds", filter=timed), **of)
    return Summary({verdict: found[verdict] for verdict in VERDICTS}, found["mean_seconds"])


def pace_of(member: Member, task: Task) -> Pace:
    """Medians of the member's latest verdicts; cards left open over lunch are left out."""
    timed = one_by_one(member, task).filter(seconds__gt=0, seconds__lte=LONGEST_CARD_S).order_by("-created_at")
    rows = list(timed.values_list("seconds", "draft__words")[:PACE_OF])
    if not rows:
        return Pace(0, None, None)
    seconds, words = (np.asarray(column, float) for column in zip(*rows, strict=True))
    return Pace(len(rows), float(np.median(seconds)), float(np.median(words / seconds * 60)))


def weeks_of(member: Member, task: Task) -> list[Week]:
    """The share of accepts in each of the last `WEEKS` weeks in which the member judged."""
    since = timezone.now() - timedelta(weeks=WEEKS)
    said = one_by_one(member, task).filter(created_at__gte=since).order_by()
    rows = (
        said.annotate(week=TruncWeek("created_at")).values_list("week")
        .annotate(all=Count("pk"), accepted=Count("pk", filter=Q(verdict=Verdict.ACCEPT))).order_by("week")
    )  # fmt: skip
    return [Week(week.date(), share(accepted, of)) for week, of, accepted in rows]


def drift_of(weeks: list[Week]) -> Drift:
    """The last `RECENT_WEEKS` weeks against those before."""
    edge = timezone.now().date() - timedelta(weeks=RECENT_WEEKS)
    sides: Counter[tuple[bool, str]] = Counter()
    for week in weeks:
        is_late = week.monday > edge
        sides[is_late, "accepted"] += week.accepted.count
        sides[is_late, "all"] += week.accepted.of
    before, lately = (share(sides[side, "accepted"], sides[side, "all"]) for side in (False, True))
    return Drift(before, lately, difference(before, lately))


def known_answers(member: Member, task: Task) -> tuple[Share, list[Met]]:
    """How many cards with a known answer the member judged as known, and the latest that they judged otherwise."""
    met = known.met_by(member, task)
    missed = [one for one in met if not one.is_right]
    return share(len(met) - len(missed), len(met)), missed[:KNOWN_SHOWN]
