"""Cards of a task that are left where a member has none: in front of others, and waiting for others. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef
from django.utils.translation import ngettext

from members.models import Member
from review.desk import queues
from review.models import Assignment, Draft, Task
from review.states import AssignmentState, DraftState
from web.templatetags.figures import fixed

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
        held = ngettext(
            "There is %(held)s card in front of other reviewers",
            "There are %(held)s cards in front of other reviewers",
            self.held,
        ) % {"held": fixed(self.held, 0)}
        waiting = ngettext(
            "There is %(waiting)s card waiting for another reviewer",
            "There are %(waiting)s cards waiting for another reviewer",
            self.waiting,
        ) % {"waiting": fixed(self.waiting, 0)}
        if not self.held:
            return f"{waiting}." if self.waiting else ""
        if not self.waiting:
            return f"{held}."
        both = ngettext(
            "%(held_words)s and %(waiting)s card waiting for another reviewer.",
            "%(held_words)s and %(waiting)s cards waiting for another reviewer.",
            self.waiting,
        )
        return both % {"held_words": held, "waiting": fixed(self.waiting, 0)}

    def as_json(self) -> dict[str, Any]:
        return {"held": self.held, "until": self.until, "waiting": self.waiting, "words": self.words}


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
