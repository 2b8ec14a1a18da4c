"""What a member who is shut out leaves behind on the desk: their cards go back to the others. Decisions stay."""

from __future__ import annotations

from members.models import Member
from review.desk import deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Draft
from review.states import AssignmentState, DraftState


def return_cards(member: Member) -> None:
    """Return every card the member holds, and every one kept for them alone. Runs inside the caller's transaction."""
    held = Assignment.objects.filter(reviewer=member, state=AssignmentState.ACTIVE)
    deck.release(member, [ReleasedCard(*row) for row in held.values_list("draft_id", "unfinished")])
    Draft.objects.filter(for_reviewer=member, state=DraftState.PENDING).update(for_reviewer=None)
