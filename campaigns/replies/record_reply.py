"""Replies of contacts: kept, stopped for, and taken to mean something by rules, a model, or a member.

A reply is data: it is never an instruction to a model, and no address or link is taken from it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.utils import timezone

from audit import trail
from campaigns.events import record
from campaigns.events.outcomes import READ_KEY
from campaigns.models import Event, Message, Reply
from campaigns.replies.parsing.parse_mail import IncomingMail
from campaigns.replies.sorting import RULES, SortedReply
from campaigns.states import (
    NO_REPLIES,
    EventKind,
    EventSource,
    HoldReason,
    MessageState,
    ReplyClass,
    StopReason,
    SuppressionReason,
)
from campaigns.suppression import suppress
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal


@transaction.atomic
def record_reply(
    message: Message,
    incoming: IncomingMail,
    sorted_reply: SortedReply,
    *,
    key: str,
    payload: dict[str, Any],
    occurred_at: datetime | None = None,
) -> Event | None:
    """Keep what came back of a mail.

    A person's answer ends the sequence; one that asks to be left alone ends all mails.

    Read from prose, that wish stops everything at once and puts the address on no list: a lead may take it back. One
    that may ask for it holds every mail to the address until a member has said what it means. A program's mail ends
    nothing.

    Args:
        key: The same for every telling of it.
        occurred_at: When it came; now by default.
        payload: `found_by`, how it was found that it answers this mail (`guess` is shown as one), and what a notice
            says.

    Returns:
        The event, or None if the answer was known.
    """
    reply_class = sorted_reply.reply_class
    is_machine = reply_class in NO_REPLIES
    if reply_class == ReplyClass.UNSUBSCRIBE:
        # The list before the contacts, as all who stop mails lock them.
        suppress.lock_list()
    if sorted_reply.may_be_optout:
        # A sender that has claimed a mail to this address meanwhile sees the reply before the wire.
        record.lock_contacts(message.contact)
    kind = EventKind.AUTO_REPLIED if is_machine else EventKind.REPLIED
    event = record.record(
        message,
        kind,
        source=EventSource.MAIL,
        key=key,
        occurred_at=occurred_at,
        is_machine=is_machine,
        payload=payload,
    )
    if event is None:
        return None
    # Of a person who was erased only what was counted may be kept.
    is_erased = message.contact.erased_at is not None
    Reply.objects.create(
        event=event,
        message=message,
        subject="" if is_erased else incoming.subject,
        text="" if is_erased else incoming.text,
        meaning=reply_class,
        meant_by=RULES,
        is_unsure=not sorted_reply.is_sure,
        may_be_optout=sorted_reply.may_be_optout,
        classified_at=timezone.now(),
    )
    if reply_class == ReplyClass.UNSUBSCRIBE:
        _stop_mails(event.pk, message)
    return event


def unsubscribe(message: Message, *, source: EventSource, how: str = "") -> Event | None:
    """The reader of a mail wants no more of them: never write to the address again. Doing it twice changes nothing.

    Args:
        how: `one-click`, or empty.

    Returns:
        The event, or None if the reader of this mail had left before.
    """
    payload = {"how": how} if how else {}
    key = f"unsubscribed:{message.pk.hex}"
    return record.record(message, EventKind.UNSUBSCRIBED, source=source, key=key, payload=payload)


def _leave(reply: Reply) -> Event | None:
    """Record the wish that a member read: counted for as long as the reply is read so, and heeded for good."""
    key = f"{READ_KEY}{reply.pk.hex}:member"
    return record.record(reply.message, EventKind.UNSUBSCRIBED, source=EventSource.PAGE, key=key)


def _let_go(message: Message) -> None:
    held = Message.objects.filter(state=MessageState.APPROVED, held_because=HoldReason.OPTOUT)
    now = timezone.now()
    held = held.filter(contact__address_hmac=message.contact.address_hmac)
    held.update(due_at=now, held_because="", updated_at=now)


def _stop_mails(reply_id: UUID, message: Message) -> None:
    record.record(
        message,
        EventKind.UNSUBSCRIBED,
        source=EventSource.MAIL,
        key=f"{READ_KEY}{reply_id.hex}",
        payload={"how": record.READ},
    )


@transaction.atomic
def correct_meaning(reply: Reply, reply_class: ReplyClass, *, by: Member, why: str = "") -> Reply:
    """Say what a reply means, whatever was thought before.

    That it asks for no more mails, said by a member, puts the address on the suppression list for good. That it does
    not, where the rules or a model read so, lets the person be written to again: a lead says why, and the trail keeps
    the act. Mails that were stopped stay stopped, and an address on the list stays there. What was taken for a
    program's mail and is a person's word ends the sequence, as it would have when it came. Every figure counts the
    reply by what is said here. Mails that were held because it might ask to leave may go again, unless another reply
    holds them.

    Args:
        why: In a few words; needed to take a wish to hear no more back.

    Raises:
        PermissionDenied: The member is no reviewer of the task, or no lead and takes a wish back.
        Refusal: `reason_missing`.
    """
    task = reply.message.campaign.task
    permissions.require(by, task, Role.REVIEWER)
    # The list and the contacts before the reply, as a model's word and an erasure lock them.
    if reply_class == ReplyClass.UNSUBSCRIBE:
        suppress.lock_list()
    record.lock_contacts(reply.message.contact)
    before = Reply.objects.select_for_update(of=("self",), no_key=True).get(pk=reply.pk).meaning
    takes_back = before == ReplyClass.UNSUBSCRIBE and reply_class != ReplyClass.UNSUBSCRIBE
    if takes_back:
        permissions.require(by, task, Role.LEAD)
        if not why.strip():
            raise Refusal(
                "reason_missing",
                "This reply was read as an opt-out. Write why it is not: the person may then be contacted again.",
                errors={"reason": ["Give a reason in a few words."]},
            )
        trail.record("objection_taken_back", by=by, about=reply, read_as=reply_class)
    now = timezone.now()
    Reply.objects.filter(pk=reply.pk).update(
        meaning=reply_class,
        meant_by=by.name[:120],
        meant_why=why.strip()[:300] if takes_back else "",
        is_unsure=False,
        may_be_optout=False,
        classified_at=now,
        corrected_at=now,
    )
    _let_go(reply.message)
    if before in ("", *NO_REPLIES) and reply_class not in NO_REPLIES:
        record.stop_contact(reply.message.contact, reason=StopReason.REPLIED, campaign=reply.message.campaign)
    if reply_class == ReplyClass.UNSUBSCRIBE and _leave(reply):
        trail.record("suppressed", by=by, about=reply, addresses=1, reason=SuppressionReason.UNSUBSCRIBED.value)
        if other := reply.event.payload.get("sender_hmac"):
            # Who wrote from another address wants no mail there either.
            suppress.suppress(other, reason=SuppressionReason.UNSUBSCRIBED, message=reply.message, by=by)
    reply.refresh_from_db()
    return reply


@transaction.atomic
def label_by_model(reply_id: UUID, reply_class: ReplyClass, *, by_model: str) -> bool:
    """Replace the rules' word on a reply by a model's, never a member's, nor an unsubscription; tell if it did.

    A reply that may ask to leave stays so, for a person, unless the model reads it as asking: then it is heeded.
    """
    reply = Reply.objects.select_related("message__contact", "message__campaign").get(pk=reply_id)
    if reply_class == ReplyClass.UNSUBSCRIBE:
        # The list and the contacts before the reply, as a member's word locks them.
        suppress.lock_list()
        record.lock_contacts(reply.message.contact)
    ruled = Reply.objects.filter(pk=reply_id, meant_by=RULES).exclude(meaning=ReplyClass.UNSUBSCRIBE)
    in_doubt = F("may_be_optout") if reply_class != ReplyClass.UNSUBSCRIBE else Value(value=False)
    word = {"meaning": reply_class, "meant_by": by_model[:120], "classified_at": timezone.now()}
    if not ruled.update(is_unsure=in_doubt, may_be_optout=in_doubt, **word):
        return False
    if reply_class == ReplyClass.UNSUBSCRIBE:
        _stop_mails(reply_id, reply.message)
    return True
