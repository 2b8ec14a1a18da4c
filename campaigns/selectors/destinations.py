"""Where a draft on the desk goes once it is accepted, in a sentence. Names are for those who may see contacts: leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from campaigns.models import Message
from campaigns.states import CampaignState, MessageState
from members.models import Member
from review.models import Task
from review.permissions import may
from review.states import Role


def of_drafts(draft_ids: Sequence[UUID], by: Member) -> Mapping[UUID, str]:
    """Say of each draft that a mail waits for where it goes; those that no mail waits for are absent. One query of mails.

    Args:
        draft_ids: Drafts of one task.
        by: Who looks. A lead reads a name; anybody else how many people of which company.
    """
    waiting = Message.objects.filter(draft__in=list(draft_ids), state=MessageState.AWAITING)
    mails: dict[UUID, list[Message]] = {}
    task: Task | None = None
    for mail in waiting.select_related("contact", "campaign__task", "step").order_by("created_at", "id"):
        if mail.draft_id is not None:
            mails.setdefault(mail.draft_id, []).append(mail)
            task = mail.campaign.task
    names_people = task is not None and may(by, task, Role.LEAD)
    return {draft: _sentence(found, names_people=names_people) for draft, found in mails.items()}


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
