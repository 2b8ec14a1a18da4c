"""A person's word on mails with a fixed text, where a campaign has a person see every mail.

Such a mail has no draft, so the desk cannot show it: it is read as it would go, with its reader's name in it, and
approved by a lead. A word can be taken back as long as the mail has not gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit import trail
from campaigns.models import Campaign, Message
from campaigns.states import CampaignState, FixedVerdict, MessageState, StepWriter
from campaigns.writing import wake_tick
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500
M = MessageState
# By verdict: the states it is given in, and what it makes of a mail.
_MOVES: dict[FixedVerdict, tuple[tuple[MessageState, ...], MessageState]] = {
    FixedVerdict.APPROVE: ((M.AWAITING, M.REJECTED), M.APPROVED),
    FixedVerdict.REFUSE: ((M.AWAITING, M.APPROVED), M.REJECTED),
    FixedVerdict.REOPEN: ((M.APPROVED, M.REJECTED), M.AWAITING),
}


@transaction.atomic
def decide_fixed_mails(
    campaign: Campaign, *, verdict: FixedVerdict, by: Member, message_ids: Sequence[UUID] | None = None
) -> int:
    """Approve mails with a fixed text, refuse them, or take that back; what has gone meanwhile stays as it is.

    Args:
        campaign: A campaign that is launched and has not ended.
        by: A lead of its task, since the mails show people.
        message_ids: Which; None is every one that awaits a word.

    Returns:
        How many it was said of; 0 when none stands where this can be said.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it is a draft or has ended.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise Refusal(
            "campaign_state", "Only a campaign that is launched and has not ended has mails to approve.", status=409
        )
    sources, target = _MOVES[verdict]
    mails = Message.objects.filter(
        campaign=campaign,
        draft__isnull=True,
        needs_approval=True,
        step__writer=StepWriter.TEMPLATE,
        state__in=sources if message_ids is not None else (M.AWAITING,),
    )
    if message_ids is not None:
        mails = mails.filter(pk__in=list(message_ids))
    now = timezone.now()
    is_approved = verdict == FixedVerdict.APPROVE
    values: dict[str, Any] = {
        "approved_at": now if is_approved else None,
        "approved_by": by if is_approved else None,
        "due_at": now if is_approved else None,
    }
    # Ids first: in an UPDATE over a join PostgreSQL does not ask the state again of a row that it had to wait for, and
    # a mail that went on the wire meanwhile, or was stopped, would be moved all the same.
    ids = list(mails.order_by("pk").values_list("pk", flat=True))
    count = sum(
        Message.objects.filter(pk__in=chunk, state__in=sources).update(
            state=target, problem="", updated_at=now, **values
        )
        for chunk in chunked(ids, CHUNK)
    )
    if count:
        trail.record(
            "fixed_mails_decided", by=by, about=campaign, campaign=campaign.slug, verdict=str(verdict), count=count
        )
        wake_tick.wake_after_commit()
    return count
