"""Cards of a member who is deactivated or judges a task no more: they return to the queue. Decisions stay."""

from __future__ import annotations

from django.db.models import Q

from members.models import Member
from review.desk import deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Draft, Task
from review.states import AssignmentState, DraftState


def return_cards(member: Member) -> None:
    """Return every card the member holds, and every one kept for them alone. Runs inside the caller's transaction."""
    _return(member, Q())


def return_cards_of_task(member: Member, task: Task) -> None:
    """Return the cards of one task that the member holds or that are kept for them, as `return_cards` does."""
    _return(member, Q(task=task))


def _return(member: Member, which: Q) -> None:
    held = Assignment.objects.filter(which, reviewer=member, state=AssignmentState.ACTIVE)
    deck.release(member, [ReleasedCard(*row) for row in held.values_list("draft_id", "unfinished")])
    # A recalled card comes back one day.
    waiting = Q(state__in=(DraftState.PENDING, DraftState.KEPT))
    Draft.objects.filter(which, waiting, for_reviewer=member).update(for_reviewer=None)
