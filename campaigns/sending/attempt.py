"""One attempt's right to send for a campaign, and what it knows that is the same for all its mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from campaigns.compose import message as compose_message
from campaigns.models import Campaign, SenderIdentity
from campaigns.senders import choice
from campaigns.sending.pacing import SendingHours
from review.models import TaskVersion


@dataclass(frozen=True)
class SendingAttempt:
    """One attempt's right to send for a campaign, and what is the same for all its mails.

    What `campaign` and its `senders` say is read once, but whether it still runs, and the attempt still holds its job,
    is asked with every claim; and so is what a limited sender has left.
    """

    job_id: UUID
    fence: int
    campaign: Campaign
    links: dict[str, UUID]
    hours: SendingHours
    versions: dict[UUID, TaskVersion]
    senders: list[SenderIdentity]

    @classmethod
    def of(cls, campaign: Campaign, *, job_id: UUID, fence: int) -> SendingAttempt:
        hours = hours_of(campaign)
        links, senders = compose_message.links_of(campaign), choice.senders_of(campaign)
        return cls(job_id, fence, campaign, links, hours, {}, senders)

    def read_senders(self) -> None:
        """Read what the campaign's senders say now: it may change while an attempt lasts."""
        self.senders[:] = choice.senders_of(self.campaign)


def hours_of(campaign: Campaign) -> SendingHours:
    """Return the hours in which mails of a campaign may leave."""
    days_off = frozenset(date.fromisoformat(day) for day in campaign.days_off or ())
    return SendingHours(campaign.quiet_from, campaign.quiet_until, campaign.sends_at_weekends, days_off)
