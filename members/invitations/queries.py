"""Questions about who was invited, and who may invite."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied

from members import ports
from members.models import Invitation, Member
from web.http.first_or_404 import first_or_404


def invitations_for(asking: Member, *, at_most: int = 200) -> list[Invitation]:
    """Invitations, the newest first: all of them for an admin, their own for a lead.

    Raises:
        PermissionDenied: The member may not invite.
    """
    require_may_invite(asking)
    rows = Invitation.objects.select_related("invited_by", "accepted_by").order_by("-created_at", "-id")
    return list((rows if asking.is_admin else rows.filter(invited_by=asking))[:at_most])


def invitation_or_404(asking: Member, invitation_id: uuid.UUID) -> Invitation:
    """One invitation the member may see.

    Raises:
        PermissionDenied: The member may not invite.
        Http404: There is none, or it is another member's.
    """
    require_may_invite(asking)
    rows = Invitation.objects.all() if asking.is_admin else Invitation.objects.filter(invited_by=asking)
    return first_or_404(rows.filter(pk=invitation_id), "There is no such invitation.")


def may_invite(member: Member) -> bool:
    """Return whether the member may invite people: an admin, or a lead of any task."""
    return member.is_admin or ports.teams().leads_any(member)


def require_may_invite(member: Member) -> None:
    """Refuse members who may not invite.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if not may_invite(member):
        raise PermissionDenied("Inviting needs the role admin, or lead in a task.")
