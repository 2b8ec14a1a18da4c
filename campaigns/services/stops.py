"""Stops mails that have not gone, because of what the person did or asked. Knows no list and no wire."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Contact, Message
from campaigns.states import BEFORE_THE_WIRE, MessageState, StopReason

# What ends one sequence; everything else ends all mails to that address.
OF_ONE_CAMPAIGN = frozenset({StopReason.REPLIED, StopReason.BOUNCED, StopReason.ENDED})


@transaction.atomic
def stop_contact(contact: Contact, *, reason: StopReason, campaign: Campaign | None = None) -> int:
    """Stop every mail to a person that has not gone to the wire.

    Locks the contacts of the address first, as who plans a mail and who sends one do: a mail is either stopped here, or
    was on the wire before. Calling it twice changes nothing.

    Args:
        contact: The person.
        reason: What happened. A reply or a bounce stops the sequence it belongs to; anything else stops all campaigns
            of all tasks that hold the same address.
        campaign: The sequence, with `replied` and `bounced`.

    Returns:
        How many mails were stopped.

    Raises:
        ValueError: The reason is about one campaign, and none is named.
    """
    unsent = Message.objects.filter(state__in=BEFORE_THE_WIRE)
    if reason in OF_ONE_CAMPAIGN:
        if campaign is None:
            raise ValueError(f"'{reason}' stops the mails of one campaign: name it")
        unsent = unsent.filter(contact=contact, campaign=campaign)
    else:
        unsent = unsent.filter(contact__address_hmac=contact.address_hmac)
    hold_contacts(contact)
    held = list(unsent.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return Message.objects.filter(pk__in=held, state__in=BEFORE_THE_WIRE).update(
        state=MessageState.STOPPED, stop_reason=reason, updated_at=timezone.now()
    )


def hold_contacts(contact: Contact) -> None:
    """Lock the contacts of a person's address until the transaction ends, in one order for all who ask."""
    rows = Contact.objects.select_for_update(no_key=True).filter(address_hmac=contact.address_hmac)
    list(rows.order_by("pk").values_list("pk", flat=True))
