"""The drafts of one campaign as a part of its task that a desk can keep to."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.urls import reverse

from campaigns.models import Message
from campaigns.selectors import campaigns
from campaigns.states import MessageState
from members.models import Member
from review.models import Draft
from review.ports import Narrowed

PREFIX = "campaign:"


def key_of(slug: str) -> str:
    """The word that addresses of the desk name a campaign by."""
    return f"{PREFIX}{slug}"


def of(key: str, by: Member) -> Narrowed | None:
    """Drafts that mails of a campaign wait for; None for another word, or a campaign the member may not see."""
    campaign = campaigns.visible(by).filter(slug=key.removeprefix(PREFIX)).first() if key.startswith(PREFIX) else None
    if campaign is None:
        return None
    waits = Message.objects.filter(campaign=campaign, draft=OuterRef("pk"), state=MessageState.AWAITING)
    drafts = Draft.objects.filter(Exists(waits))
    url = reverse("campaigns:detail", args=[campaign.slug])
    return Narrowed(key_of(campaign.slug), f"the campaign {campaign.name}", url, campaign.task_id, drafts)
