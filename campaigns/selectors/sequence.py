"""Which mails of a sequence are followed by another: asked when the next ones are planned, and when they are awaited."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from campaigns.models import Campaign, Event, Message, Step
from campaigns.selectors.suppression import barred
from campaigns.states import EventKind, MessageState

# What ends a sequence, unless a machine did it.
ENDS = (EventKind.REPLIED, EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED)


def to_follow(campaign: Campaign, before: Step, step: Step) -> QuerySet[Message]:
    """Mails of the step before that went and ask for the next one, whenever that is due."""
    next_one = Message.objects.filter(campaign=campaign, contact=OuterRef("contact_id"), step=step)
    ended = Event.objects.filter(enrolment=OuterRef("enrolment_id"), kind__in=ENDS, is_machine=False)
    return Message.objects.filter(
        ~Exists(next_one), ~Exists(ended), ~barred("contact__address_hmac"), campaign=campaign, step=before, state=MessageState.SENT,
        contact__erased_at__isnull=True,
    )  # fmt: skip
