"""The drafts of one campaign as a part of its task that a desk can keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse

from campaigns.models import Message
from campaigns.overview import queries
from campaigns.states import CampaignState, MessageState
from members.models import Member
from review.models import Draft, Task
from review.ports import DeskScope
from review.states import Role
from review.tasks.permissions import may

PREFIX = "campaign:"


def desk_key(slug: str) -> str:
    """Return the word that addresses of the desk name a campaign by."""
    return f"{PREFIX}{slug}"


def narrow_desk(key: str, by: Member) -> DeskScope | None:
    """Drafts that mails of a campaign wait for; None for another word, or a campaign the member may not see."""
    campaign = queries.visible(by).filter(slug=key.removeprefix(PREFIX)).first() if key.startswith(PREFIX) else None
    if campaign is None:
        return None
    waits = Message.objects.filter(campaign=campaign, draft=OuterRef("pk"), state=MessageState.AWAITING)
    drafts = Draft.objects.filter(Exists(waits))
    url = reverse("campaigns:detail", args=[campaign.slug])
    return DeskScope(desk_key(campaign.slug), f"the campaign {campaign.name}", url, campaign.task_id, drafts)


def draft_destinations(draft_ids: Sequence[UUID], by: Member) -> Mapping[UUID, str]:
    """Say of each draft that a mail waits for where it goes; those that no mail waits for are absent.

    One query of mails.

    Args:
        by: The member who looks. A lead sees a name; others see how many people of which company.
    """
    waiting = Message.objects.filter(draft__in=list(draft_ids), state=MessageState.AWAITING)
    mails: dict[UUID, list[Message]] = {}
    task: Task | None = None
    for mail in waiting.select_related("contact", "campaign__task", "step").order_by("created_at", "id"):
        if mail.draft_id is not None:
            mails.setdefault(mail.draft_id, []).append(mail)
            task = mail.campaign.task
    names_people = task is not None and may(by, task, Role.LEAD)
    return {draft: _sentence(waiting_mails, names_people=names_people) for draft, waiting_mails in mails.items()}


def _sentence(mails: Sequence[Message], *, names_people: bool) -> str:
    campaign = mails[0].campaign
    is_later = campaign.is_held or campaign.state == CampaignState.PAUSED
    when = "once you accept it and the campaign is let go" if is_later else "when you accept it"
    which = f"mail {mails[0].step.number} of the campaign {campaign.name}"
    return f"This goes to {_readers(mails, names_people=names_people)} {when}: {which}."


def _readers(mails: Sequence[Message], *, names_people: bool) -> str:
    first, more = mails[0].contact, len(mails) - 1
    company = f" at {first.company}" if first.company else ""
    if not names_people:
        return f"{len(mails):,} {'people' if more else 'person'}{company}"
    others = f" and {more:,} more" if more else ""
    return f"{first.name or first.address}{company}{others}"
