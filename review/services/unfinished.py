"""An edit as far as it got, kept with the card while its reviewer holds it. It is no decision and changes no draft."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from members.models import Member
from review.models import Assignment
from review.schema import Fields
from review.states import AssignmentState


def keep(member: Member, draft_id: UUID, fields: Fields | None) -> bool:
    """Keep the unfinished edit of a card in the member's deck; None forgets it.

    One conditional statement: what arrives after the card was judged, set aside or passed on changes nothing. Of two
    tabs of one member the later word stays.

    Returns:
        Whether the card was in the member's deck.
    """
    mine = Assignment.objects.filter(draft_id=draft_id, reviewer=member, state=AssignmentState.ACTIVE)
    return bool(mine.update(unfinished=fields, updated_at=timezone.now()))
