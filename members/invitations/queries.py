"""Questions about who was invited, and who may invite."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404

from members import ports
from members.models import Invitation, Member


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
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404("There is no such invitation.")
    return invitation


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
