"""Reviewers of a task: one with pace, rates, agreement, known answers, drift and hasty accepts; or all side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from members.models import Member
from review.adjudication import agreement
from review.adjudication.agreement.figures import ENOUGH, with_others
from review.adjudication.agreement.report import VerdictRates, rates
from review.adjudication.known_answers.queries import AnsweredKnown
from review.adjudication.reviewers import figures
from review.adjudication.reviewers.figures import RATES_OF, FastAccepts, fast_accepts, one_by_one
from review.desk.decisions.queries import judged_one_by_one
from review.desk.pace import LONGEST_CARD_S
from review.models import Decision, Membership, Task
from review.states import OPEN, Role, Verdict
from review.tasks.permissions import may, require
from stats.agreement.estimates import IntervalEstimate
from stats.agreement.shares import AgreementShare, ShareDifference, share
from web import zones

# The others' rates move slowly.
KEEP_S = 300
EACH_OF = 500
TEAM_AT_MOST = 100
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """Figures of the reviewer page.

    Attributes:
        rates: Shares of their latest verdicts.
        others: The same of the rest of the team.
        same: How often they say the same as whoever judged beside them.
        kappa: The same beyond chance.
        known: Cards with a known answer that they judged as known.
        missed: Those they judged otherwise.
    """

    member: Member
    is_own: bool
    rates: VerdictRates
    others: VerdictRates
    pace: figures.ReviewerPace
    same: IntervalEstimate
    kappa: float | None
    known: AgreementShare
    missed: list[AnsweredKnown]
    weeks: list[figures.AcceptWeek]
    drift: ShareDifference | None
    hasty: list[FastAccepts]

    @property
    def is_enough(self) -> bool:
        return self.same.units >= ENOUGH

    @property
    def hasty_accepts(self) -> int:
        return len(self.hasty)


def reviewer_or_404(asking: Member, task: Task, username: str) -> Member:
    """The member whose page is asked for; `me` is oneself.

    Raises:
        PermissionDenied: A reviewer asks for somebody else's.
        Http404: Nobody of that name belongs to the task or judged in it.
    """
    if username in ("me", asking.username):
        return asking
    if not may(asking, task, Role.LEAD):
        raise PermissionDenied("A reviewer's page is for the reviewer and for leads of the task.")
    member = Member.objects.filter(username=username).first()
    if member is None or not (
        Membership.objects.filter(task=task, member=member).exists()
        or Decision.objects.filter(task=task, reviewer=member).exists()
    ):
        raise Http404("There is no such reviewer in this task.")
    return member


def profile(asking: Member, member: Member, task: Task) -> Profile:
    """Put a reviewer's page together; what it costs does not grow with the drafts of the task."""
    is_own = asking.pk == member.pk
    mine = figures.summary(member, task).by_verdict
    same, kappa = with_others(agreement.counts_of(task), member.pk)
    weeks = figures.weeks_of(member, task)
    known_answers, missed = figures.known_answers(member, task)
    return Profile(
        member=member,
        is_own=is_own,
        rates=rates(mine),
        others=rates(_others(member, task)),
        pace=figures.pace_of(member, task),
        same=same,
        kappa=kappa,
        known=known_answers,
        missed=missed,
        weeks=weeks,
        drift=figures.drift_of(weeks),
        hasty=fast_accepts(member, task, is_own=is_own),
    )


def _others(member: Member, task: Task) -> dict[str, int]:
    """Verdicts of the rest of the team, the latest `EACH_OF` of each; remembered for a while."""
    key = f"verdicts-of-team:{task.pk}"
    by_member: dict[UUID, dict[str, int]] | None = caches["figures"].get(key)
    if by_member is None:
        by_member = {
            reviewer.pk: figures.summary(reviewer, task, count=EACH_OF).by_verdict for reviewer in team_of(task)
        }
        caches["figures"].set(key, by_member, KEEP_S)
    total: Counter[str] = Counter()
    for pk, counts in by_member.items():
        if pk != member.pk:
            total.update(counts)
    return dict(total)


def team_of(task: Task) -> list[Member]:
    """Return the members who can judge in a task: its reviewers and leads, and admins; at most `TEAM_AT_MOST`."""
    may_judge = Q(memberships__task=task, memberships__role__in=[Role.REVIEWER, Role.LEAD]) | Q(is_superuser=True)
    return list(Member.objects.filter(may_judge, is_service=False).distinct().order_by("username")[:TEAM_AT_MOST])


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """One reviewer among the others; figures are of their latest verdicts."""

    member: Member
    verdicts: int
    accepted: AgreementShare
    edited: AgreementShare
    mean_seconds: float | None
    same: IntervalEstimate
    kappa: float | None

    @property
    def is_enough(self) -> bool:
        return self.same.units >= ENOUGH


def rows(lead: Member, task: Task) -> list[ReviewerRow]:
    """Reviewers who judged here or whose verdicts were imported, the busiest first; `SHOWN` at most.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(lead, task, Role.LEAD)
    counts = agreement.counts_of(task)
    team = {member.pk: member for member in team_of(task)}
    elsewhere = sorted(counts.reviewers - team.keys())[:SHOWN]
    people = [*team.values(), *Member.objects.filter(pk__in=elsewhere)]
    made = [_row(member, figures.summary(member, task), *with_others(counts, member.pk)) for member in people]
    result = [row for row in made if row.verdicts or row.same.units]
    return sorted(result, key=lambda row: (-row.verdicts, -row.same.units, row.member.username))[:SHOWN]


def _row(
    member: Member, summary: figures.VerdictSummary, agreement: IntervalEstimate, kappa: float | None
) -> ReviewerRow:
    accepted, edited = summary.by_verdict[Verdict.ACCEPT], summary.by_verdict[Verdict.EDIT]
    return ReviewerRow(
        member,
        summary.total,
        share(accepted, summary.total),
        share(edited, summary.total),
        summary.mean_seconds,
        agreement,
        kappa,
    )


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
