"""Which sender writes to a contact, where a campaign has several.

Who has written to an address goes on writing to it. Others are drawn by a hash of their company, in proportion to what
each sender may send that day: so no arm of an experiment gets one sender's mails more than another's, and a company hears
from one. The draw is made when the first mail goes, and then stands on the enrolment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from math import log
from uuid import UUID

from django.db.models.functions import Coalesce

from campaigns.models import Campaign, Contact, FurtherSender, Message, SenderIdentity
from campaigns.senders import capacity


def senders_of(campaign: Campaign) -> list[SenderIdentity]:
    """Return a campaign's senders as they are now, its first one first. Two queries."""
    first = SenderIdentity.objects.filter(pk=campaign.sender_id) if campaign.sender_id else []
    further = FurtherSender.objects.filter(campaign=campaign).select_related("sender").order_by("position")
    return [*first, *(row.sender for row in further)]


def named_by(campaign: Campaign) -> list[SenderIdentity]:
    """Return the same of a campaign that was just read with its sender. One query."""
    further = FurtherSender.objects.filter(campaign=campaign).select_related("sender").order_by("position")
    return [*([campaign.sender] if campaign.sender else []), *(row.sender for row in further)]


def sender_of(message: Message) -> SenderIdentity | None:
    """Return from whom a mail left or leaves: of one whose sender is not drawn yet, the campaign's first."""
    return message.sender or message.enrolment.sender or message.campaign.sender


def chosen(message: Message, senders: Sequence[SenderIdentity], *, now: datetime) -> SenderIdentity | None:
    """Return who is to write a mail; None where the campaign has no sender.

    Args:
        message: With its enrolment, contact and campaign.
        senders: The campaign's, as `senders_of` gives them.
        now: The time: what senders may send today weighs in the draw.
    """
    if len(senders) < 2:
        return senders[0] if senders else None
    by_id = {sender.pk: sender for sender in senders}
    if message.enrolment.sender_id in by_id:
        return by_id[message.enrolment.sender_id]
    return _who_wrote(message.contact, by_id) or drawn(message.campaign, message.contact.cluster, senders, now=now)


def drawn(campaign: Campaign, cluster: str, senders: Sequence[SenderIdentity], *, now: datetime) -> SenderIdentity:
    """Draw a company's sender in proportion to what each may send today; the same for all who ask on that day.

    Weighted rendezvous hashing: each sender's score is an exponential draw of its own, and the least wins, so a sender that
    comes or goes moves only the companies it gains or loses.
    """

    def score(sender: SenderIdentity) -> float:
        weight = capacity.allowance(sender, now)
        digest = sha256(f"{campaign.salt}/{sender.pk.hex}/{cluster.casefold()}".encode()).digest()
        uniform = (int.from_bytes(digest[:8]) + 1) / (2**64 + 1)
        # One without a limit weighs as much as the campaign may send.
        return -log(uniform) / max(campaign.daily_cap if weight is None else weight, 1)

    return min(senders, key=score)


def _who_wrote(contact: Contact, senders: dict[UUID, SenderIdentity]) -> SenderIdentity | None:
    mails = Message.objects.filter(contact__address_hmac=contact.address_hmac, state__in=capacity.WENT)
    by = mails.annotate(by=Coalesce("sender_id", "campaign__sender_id")).filter(by__in=list(senders))
    last = by.order_by("-sending_at").values_list("by", flat=True).first()
    return senders.get(last) if last is not None else None
