"""Senders of a campaign, and the senders that may write to a contact.

A contact keeps its first sender. A new contact gets the sender with most of today's cap left, which the claim reads
under a lock (`campaigns/sending/sender_caps.py`); the enrolment keeps that sender from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models.functions import Coalesce

from campaigns.models import Campaign, Contact, Enrolment, FurtherSender, Message, SenderIdentity
from campaigns.states import WENT


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
    """Return the sender of a mail; before the claim of a first mail, the campaign's first sender."""
    return message.sender or message.enrolment.sender or message.campaign.sender


def eligible_senders(message: Message, senders: Sequence[SenderIdentity]) -> list[SenderIdentity]:
    """Return the senders that may write a mail: the one that the contact keeps, or all for a new contact.

    Call it under the lock on the contact: another attempt may have written to the contact since the mail was read.
    """
    if len(senders) < 2:
        return list(senders)
    by_id = {sender.pk: sender for sender in senders}
    enrolment = Enrolment.objects.filter(pk=message.enrolment_id).values_list("sender_id", flat=True).get()
    kept = by_id.get(enrolment) or _first_to_write(message.contact, by_id)
    return [kept] if kept else list(senders)


def _first_to_write(contact: Contact, senders: dict[UUID, SenderIdentity]) -> SenderIdentity | None:
    """Return the sender that wrote to the address first, whatever the campaign."""
    mails = Message.objects.filter(contact__address_hmac=contact.address_hmac, state__in=WENT)
    by = mails.annotate(by=Coalesce("sender_id", "campaign__sender_id")).filter(by__in=list(senders))
    first = by.order_by("sending_at").values_list("by", flat=True).first()
    return senders.get(first) if first is not None else None
