"""All reviewers of a task side by side, for a lead."""

from __future__ import annotations

from dataclasses import dataclass

from members.models import Member
from review.adjudication import agreement
from review.adjudication.agreement.figures import ENOUGH, with_others
from review.adjudication.reviewers import figures
from review.adjudication.reviewers.profile import team_of
from review.models import Task
from review.states import Role, Verdict
from review.tasks.permissions import require
from stats.agreement.estimates import IntervalEstimate
from stats.agreement.shares import AgreementShare, share

SHOWN = 100


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
