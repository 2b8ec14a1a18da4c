"""What contacts wrote back: kept, stopped for, and taken to mean something by rules, a model, or a member.

A reply is data: it is never an instruction to a model, and no address or link is taken from it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.incoming import meaning
from campaigns.incoming.reading import Incoming
from campaigns.models import Event, Message, Reply
from campaigns.services import events
from campaigns.states import EventKind, EventSource, ReplyClass
from members.models import Member
from review import permissions
from review.states import Role

RULES = "rules"


@transaction.atomic
def take(message: Message, incoming: Incoming, *, key: str, found_by: str) -> Event | None:
    """Keep a person's answer to a mail, and end the sequence; one that asks to be left alone ends all mails.

    Args:
        message: The mail it answers.
        incoming: The answer.
        key: The same for every telling of it.
        found_by: How it was found that it answers this mail; `guess` is shown as one.

    Returns:
        The event, or None if the answer was known.
    """
    payload = {"found_by": found_by, "message_id": incoming.message_id[:200]}
    event = events.record(message, EventKind.REPLIED, source=EventSource.MAIL, key=key, payload=payload)
    if event is None:
        return None
    said = ReplyClass(meaning.meaning_of(incoming.text, subject=incoming.subject))
    # Of a person who was erased only what was counted may be kept.
    is_erased = message.contact.erased_at is not None
    Reply.objects.create(
        event=event,
        message=message,
        subject="" if is_erased else incoming.subject,
        text="" if is_erased else incoming.text,
        meaning=said,
        meant_by=RULES,
        classified_at=timezone.now(),
    )
    if said == ReplyClass.UNSUBSCRIBE:
        leave(message, source=EventSource.MAIL)
    return event


def leave(message: Message, *, source: EventSource, how: str = "") -> Event | None:
    """The reader of a mail wants no more of them: never write to the address again. Doing it twice changes nothing.

    Args:
        message: The mail it came of.
        source: Where it was said.
        how: `one-click`, or empty.

    Returns:
        The event, or None if the reader of this mail had left before.
    """
    payload = {"how": how} if how else {}
    key = f"unsubscribed:{message.pk.hex}"
    return events.record(message, EventKind.UNSUBSCRIBED, source=source, key=key, payload=payload)


@transaction.atomic
def correct(reply: Reply, said: ReplyClass, *, by: Member) -> Reply:
    """Say what a reply means, whatever was thought before. A wish to be left alone is followed at once.

    Raises:
        PermissionDenied: The member is no reviewer of the task.
    """
    permissions.require(by, reply.message.campaign.task, Role.REVIEWER)
    Reply.objects.filter(pk=reply.pk).update(meaning=said, meant_by=by.name[:120], classified_at=timezone.now())
    if said == ReplyClass.UNSUBSCRIBE:
        leave(reply.message, source=EventSource.PAGE)
    reply.refresh_from_db()
    return reply


@transaction.atomic
def label(reply_id: UUID, said: ReplyClass, *, by_model: str) -> bool:
    """A model's word on a reply; it replaces the rules' word and never a member's, nor takes an unsubscription back.

    Returns:
        Whether it was taken.
    """
    ruled = Reply.objects.filter(pk=reply_id, meant_by=RULES).exclude(meaning=ReplyClass.UNSUBSCRIBE)
    if not ruled.update(meaning=said, meant_by=by_model[:120], classified_at=timezone.now()):
        return False
    if said == ReplyClass.UNSUBSCRIBE:
        reply = Reply.objects.select_related("message__contact", "message__campaign").get(pk=reply_id)
        leave(reply.message, source=EventSource.MAIL)
    return True
