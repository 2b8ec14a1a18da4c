"""Which mails of a sequence are followed by another, and which sequences have ended.

Asked when the next mails are planned or awaited, when failed ones are to be written again, and before each goes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Event, Message, Step
from campaigns.states import EventKind, MessageState, StopReason
from campaigns.suppression.queries import barred

# What ends a sequence, unless a machine did it.
ENDS = (EventKind.REPLIED, EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED)


def to_follow(campaign: Campaign, before: Step, step: Step) -> QuerySet[Message]:
    """Mails of the step before that went and ask for the next one, whenever that is due."""
    next_one = Message.objects.filter(campaign=campaign, contact=OuterRef("contact_id"), step=step)
    return Message.objects.filter(
        ~Exists(next_one),
        ~_ended(),
        ~barred("contact__address_hmac"),
        campaign=campaign,
        step=before,
        state=MessageState.SENT,
        contact__erased_at__isnull=True,
    )


def to_write_again(campaign: Campaign) -> QuerySet[Message]:
    """Mails that failed before they had a text, never one that was on the wire, and whose reader may still get them."""
    return Message.objects.filter(
        ~_ended(),
        ~barred("contact__address_hmac"),
        campaign=campaign,
        state=MessageState.FAILED,
        draft__isnull=True,
        sending_at__isnull=True,
        contact__erased_at__isnull=True,
    )


def reader_away() -> Exists:
    """Whether a mail's reader has told, by an automatic reply to one of the sequence, of an absence that is not over."""
    notices = Event.objects.filter(enrolment=OuterRef("enrolment_id"), kind=EventKind.AUTO_REPLIED)
    return Exists(notices.filter(payload__away_until_s__gt=int(timezone.now().timestamp())))


def away_until(enrolment_id: UUID) -> datetime | None:
    """Return when the reader of an enrolment is back, by the latest return that a notice names; None where nobody is away."""
    notices = Event.objects.filter(enrolment=enrolment_id, kind=EventKind.AUTO_REPLIED, payload__has_key="away_until_s")
    moments = notices.order_by().values_list("payload__away_until_s", flat=True)
    back_s = max(moments, default=0)
    return datetime.fromtimestamp(back_s, UTC) if back_s > timezone.now().timestamp() else None


def end_of(enrolment_id: UUID) -> StopReason | None:
    """Return what ended the sequence of an enrolment; None while it continues.

    Who acts on the answer holds the contact, as an answer that comes in does.
    """
    kind = _ends().filter(enrolment=enrolment_id).order_by("occurred_at").values_list("kind", flat=True).first()
    # Each of these events is by the same word a reason to stop.
    return StopReason(kind) if kind else None


def _ended() -> Exists:
    return Exists(_ends().filter(enrolment=OuterRef("enrolment_id")))


def _ends() -> QuerySet[Event]:
    return Event.objects.filter(kind__in=ENDS, is_machine=False)
