"""Attach a mail from another address to the contact that it is from: from then on it is a reply like any other."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from audit import trail
from campaigns.models import Message, Reply, UnmatchedReply
from campaigns.replies import receive, unmatched
from campaigns.replies.parsing.parse_mail import IncomingMail
from campaigns.replies.receive import MessageMatch
from campaigns.states import WENT, UnmatchedState
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal


@transaction.atomic
def attach(row: UnmatchedReply, contact_id: UUID, *, by: Member) -> Reply:
    """Attach an unmatched reply to the last mail that a contact had got when it came, and act on it as on any reply.

    It is sorted, ends the sequence, and a wish to leave stops all mails to the contact.

    Raises:
        PermissionDenied: The member is no reviewer of the task.
        Refusal: `contact_not_mailed`, no mail of the task went to such a contact; 409 `unmatched_settled`.
    """
    permissions.require(by, row.campaign.task, Role.REVIEWER)
    mails = Message.objects.filter(contact=contact_id, campaign__task=row.campaign.task_id, state__in=WENT)
    mails = mails.filter(contact__erased_at__isnull=True).select_related("contact", "campaign").order_by("-sending_at")
    mail = mails.filter(sending_at__lte=row.created_at).first() or mails.first()
    if mail is None:
        message = "No mail of this task went to that contact."
        raise Refusal("contact_not_mailed", message, errors={"contact": [message]})
    incoming = IncomingMail(
        row.message_id, sender=row.sender, subject=row.subject, text=row.text, auto_reason=row.auto_reason
    )
    payload = {
        "found_by": MessageMatch.PERSON,
        "message_id": row.message_id[:200],
        "sender": row.sender,
        "sender_hmac": row.sender_hmac,
        "attached_by": by.name[:120],
    }
    # The row before the contacts, as an erasure locks them.
    unmatched.settle(row, UnmatchedState.ATTACHED, by=by)
    event = receive.take_reply(mail, incoming, payload=payload, occurred_at=row.created_at)
    if event is None:
        message = "This mail is among the contact's replies already."
        raise Refusal("reply_known", message, hint="Set it aside here.", status=409)
    reply = event.reply
    UnmatchedReply.objects.filter(pk=row.pk).update(attached_to=reply)
    trail.record("reply_attached", by=by, about=reply, contact=str(mail.contact_id), campaign=mail.campaign.slug)
    return reply
