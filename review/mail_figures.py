"""Figures of the mails sent from drafts, for pages and programs. The room that sends mails fills them in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class MailsOfCampaign:
    slug: str
    name: str
    url: str
    sent: int


@dataclass(frozen=True, slots=True)
class RepliesOfClass:
    """Number of mails with a reply of one class; `name` is empty for replies that are not sorted yet."""

    name: str
    label: str
    mails: int


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Results of mails that were sent. Events caused by machines do not count.

    Attributes:
        is_simulated: Whether they went to simulated inboxes, whose answers are made up.
        replied: Mails that a person answered.
        share: Replied, of those that went, 0 to 1; its 95 % interval goes from `low` to `high`, by companies.
        classes: Replies by class; a mail that was answered twice may count in two.
        meetings: Mails that led to a meeting.
        revenue_usd: What was bought in all, US dollars; None where nothing was.
        campaigns: Whose mails they are, the most mails first.
        mail_url: The mail's page, of a single mail and for a member who may read it.
    """

    is_simulated: bool
    sent: int
    replied: int
    share: float
    low: float
    high: float
    classes: tuple[RepliesOfClass, ...]
    meetings: int
    revenue_usd: Decimal | None
    campaigns: tuple[MailsOfCampaign, ...]
    mail_url: str = ""

    @property
    def few_words(self) -> str:
        words = [f"{self.sent:,} sent"]
        if self.replied:
            words.append(f"{self.replied:,} replied")
        if self.meetings:
            words.append(f"{self.meetings:,} met")
        if self.revenue_usd is not None:
            words.append(f"${self.revenue_usd:,.2f}")
        return ", ".join(words) + (" (simulated)" if self.is_simulated else "")
