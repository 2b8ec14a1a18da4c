"""All reviewers of a task side by side, for a lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q

from members.models import Member
from review.agreement.estimate import Estimate
from review.agreement.shares import Share, share
from review.models import Task
from review.permissions import require
from review.selectors import agreement
from review.selectors.agreement.figures import ENOUGH, with_others
from review.selectors.pace import LONGEST_CARD_S
from review.selectors.reviewers import own
from review.selectors.reviewers.profile import share_json
from review.states import Role, Verdict

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One reviewer among the others."""

    member: Member
    verdicts: int
    accepted: Share
    edited: Share
    mean_seconds: float | None
    same: Estimate
    kappa: float | None

    @property
    def is_enough(self) -> bool:
        return self.same.units >= ENOUGH

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "member": self.member.username,
            "name": self.member.name,
            "verdicts": self.verdicts,
            "accepted": share_json(self.accepted),
            "edited": share_json(self.edited),
            "mean_seconds": self.mean_seconds,
            "agreement": {
                "drafts": self.same.units, "same": self.same.value, "low": self.same.low, "high": self.same.high,
                "cohen_kappa": self.kappa,
            },
        }  # fmt: skip


def rows(lead: Member, task: Task) -> list[Row]:
    """Reviewers who judged here or whose verdicts were imported, the busiest first; `SHOWN` at most.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(lead, task, Role.LEAD)
    timed = Q(seconds__gt=0, seconds__lte=LONGEST_CARD_S)
    said = (
        own.standing(task).order_by().values("reviewer")
        .annotate(
            all=Count("pk"), accepted=Count("pk", filter=Q(verdict=Verdict.ACCEPT)),
            edited=Count("pk", filter=Q(verdict=Verdict.EDIT)), seconds=Avg("seconds", filter=timed),
        )
        .order_by("-all")[:SHOWN]
    )  # fmt: skip
    found: dict[UUID, dict[str, Any]] = {row["reviewer"]: dict(row) for row in said}
    counts = agreement.counts_of(task)
    members = Member.objects.in_bulk([*found, *sorted(counts.reviewers - found.keys())[: SHOWN - len(found)]])
    made = [_row(members[pk], found.get(pk, {}), *with_others(counts, pk)) for pk in members]
    return sorted(made, key=lambda row: (-row.verdicts, -row.same.units, row.member.username))


def _row(member: Member, said: dict[str, Any], same: Estimate, kappa: float | None) -> Row:
    total = said.get("all", 0)
    return Row(
        member, total, share(said.get("accepted", 0), total), share(said.get("edited", 0), total), said.get("seconds"),
        same, kappa,
    )  # fmt: skip
