"""Rows for tests of drift: first mails that went in a month, some of them answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.models import Campaign, Event, Message, Reply
from campaigns.states import CampaignState, EventKind, MessageState, ReplyClass
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.experiment_rows import event

NOW = datetime(2026, 9, 20, 9, 0, tzinfo=UTC)


def went(
    task: Task,
    month: int,
    *,
    mails: int,
    replies: int,
    interested: int = 0,
    late: int = 0,
    slug: str = "",
    **values: Any,
) -> Campaign:
    """An ended campaign all of whose first mails went on the fifth of a month of 2026, a company each.

    Args:
        task: Its task.
        month: 1 to 12.
        mails: How many went.
        replies: How many were answered after a day; the first `interested` of them with interest.
        interested: See `replies`.
        late: How many more were answered after twenty days.
        slug: Of the campaign.
        values: Of the campaign.
    """
    at = datetime(2026, month, 5, 9, 0, tzinfo=UTC)
    given = {"state": CampaignState.ENDED, "launched_at": at, **values}
    campaign = factories.make_plain_campaign(task, slug=slug or f"month-{month}", **given)
    made = factories.make_due_mails(campaign, mails, name=campaign.slug)
    Message.objects.filter(campaign=campaign).update(state=MessageState.SENT, sent_at=at)
    answered = [(mail, 1) for mail in made[:replies]] + [(mail, 20) for mail in made[replies : replies + late]]
    events = Event.objects.bulk_create(
        event(mail, EventKind.REPLIED, at=at + timedelta(days=days)) for mail, days in answered
    )
    Reply.objects.bulk_create(
        Reply(event=each, message_id=each.message_id, meaning=ReplyClass.INTERESTED) for each in events[:interested]
    )
    return campaign
