"""Questions about sender identities. They are the organisation's own and belong to no task."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from campaigns.models import SenderIdentity
from campaigns.states import CampaignState
from members.models import Member
from review.permissions import require_may_create


def visible(member: Member) -> QuerySet[SenderIdentity]:
    """All of them, by name, each with `campaigns_running`; for admins and leads.

    Raises:
        PermissionDenied: The member is neither.
    """
    require_may_create(member)
    running = Count("campaigns", filter=Q(campaigns__state=CampaignState.RUNNING))
    return SenderIdentity.objects.annotate(campaigns_running=running).order_by("name", "id")


def sender_or_404(member: Member, slug: str) -> SenderIdentity:
    """One sender identity.

    Raises:
        Http404: There is none of this name.
        PermissionDenied: The member is neither admin nor lead.
    """
    sender = visible(member).filter(slug=slug).first()
    if sender is None:
        raise Http404(f"There is no sender '{slug}'.")
    return sender
