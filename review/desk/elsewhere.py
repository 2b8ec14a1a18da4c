"""What is left of a task's cards where a member has none: those in front of others, and those that wait for others. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef

from members.models import Member
from review.desk import queues
from review.models import Assignment, Draft, Task
from review.states import AssignmentState, DraftState

# Counting stops here, as that of a member's own cards does.
COUNT_UP_TO = 1000


@dataclass(frozen=True, slots=True)
class CardsElsewhere:
    """Cards that this member could not be dealt.

    Attributes:
        held: How many lie in front of other reviewers, and are not judged by this member.
        until: When the first lease on one of those ends, if its reviewer does not go on.
        waiting: How many wait for other reviewers: assigned to one, or judged by this member already.
    """

    held: int
    until: datetime | None
    waiting: int

    @property
    def words(self) -> str:
        """How many there are, in a sentence; empty where there are none."""
        parts = [
            _counted(self.held, "in front of other reviewers"),
            _counted(self.waiting, "waiting for another reviewer"),
        ]
        told = [part for part in parts if part]
        return f"There {'is' if told[0].startswith('1 ') else 'are'} {' and '.join(told)}." if told else ""

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {"held": self.held, "until": self.until, "waiting": self.waiting, "words": self.words}


def _counted(count: int, where: str) -> str:
    return f"{count:,} card{'s' if count > 1 else ''} {where}" if count else ""


def cards_elsewhere(member: Member, task: Task) -> CardsElsewhere:
    """Count the cards of a task that others have; three short queries, for a member whose deck came out empty."""
    mine = Assignment.objects.filter(draft=OuterRef("draft"), reviewer=member, state=AssignmentState.DONE)
    # What measures a reader is not told apart on the desk, and comes back to nobody's queue.
    active = Assignment.objects.filter(task=task, state=AssignmentState.ACTIVE, draft__known_answer__isnull=True)
    leases = active.exclude(reviewer=member).filter(~Exists(mine))
    held = leases.aggregate(count=Count("pk"), until=Min("leased_until"))
    assigned = Draft.objects.filter(task=task, state=DraftState.PENDING, for_reviewer__isnull=False)
    judged = queues.overlap(task).filter(queues.judged_by(member))
    waiting = sum(
        cards.order_by().values("pk")[:COUNT_UP_TO].count() for cards in (assigned.exclude(for_reviewer=member), judged)
    )
    return CardsElsewhere(held["count"], held["until"], waiting)
