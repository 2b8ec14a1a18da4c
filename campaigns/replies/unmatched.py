"""Mails from other addresses of companies that we wrote to.

They are kept until a person attaches each to a contact or sets it aside.

The address alone tells no contact, and can be forged: nothing is counted, stopped or suppressed before a person
decides. Only a wish to leave holds the mails to the company meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import trail
from campaigns.models import Campaign, Contact, Message, UnmatchedReply
from campaigns.replies import sorting
from campaigns.replies.parsing.parse_mail import IncomingMail
from campaigns.replies.sorting import ReceivedReply
from campaigns.states import NO_REPLIES, WENT, HoldReason, MessageState, ReplyClass, UnmatchedState
from campaigns.suppression import email_addresses
from members.models import Member
from review.states import Role
from review.tasks import permissions
from review.tasks.permissions import slugs_with
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

MOST_CONTACTS = 100


def keep(incoming: IncomingMail) -> bool | None:
    """Keep a mail that answers none of ours, where we wrote to its sender's company.

    What programs send leaves no trace, unless it may ask to leave.

    Returns:
        True where it is kept now, False where it was before, None where it is not.
    """
    try:
        address = email_addresses.parse(incoming.sender)
    except ValueError:
        return None
    last = _mails_to(address.cluster).order_by("-sending_at").first()
    read = sorting.sort(ReceivedReply(incoming.subject, incoming.text, incoming.auto_reason))
    may_be_optout = read.may_be_optout or read.reply_class == ReplyClass.UNSUBSCRIBE
    if last is None or (read.reply_class in NO_REPLIES and not may_be_optout):
        return None
    values: dict[str, Any] = {
        "campaign_id": last.campaign_id,
        "message_id": incoming.message_id[:300],
        "sender": address.text,
        "sender_hmac": address.hmac,
        "cluster": address.cluster,
        "subject": incoming.subject,
        "text": incoming.text,
        "auto_reason": incoming.auto_reason[:300],
        "meaning": read.reply_class,
        "may_be_optout": may_be_optout,
    }
    key = sha256(f"{address.hmac} {incoming.message_id}".encode()).hexdigest()
    return UnmatchedReply.objects.get_or_create(key=key, defaults=values)[1]


def _mails_to(cluster: str) -> QuerySet[Message]:
    went = Message.objects.filter(contact__cluster=cluster, state__in=WENT)
    return went.filter(contact__erased_at__isnull=True)


def visible(member: Member) -> QuerySet[UnmatchedReply]:
    """Unmatched replies of the tasks the member may see that wait for a person, possible wishes to leave first."""
    rows = UnmatchedReply.objects.filter(state=UnmatchedState.OPEN).select_related("campaign__task")
    slugs = slugs_with(member, Role.VIEWER)
    return rows if slugs is None else rows.filter(campaign__task__slug__in=slugs)


@dataclass(frozen=True, slots=True)
class UnmatchedLine:
    """An unmatched reply, and the contacts of its company that it may be from."""

    row: UnmatchedReply
    contacts: list[Contact]


def of_campaign(member: Member, campaign: Campaign) -> list[UnmatchedLine]:
    """Unmatched replies at a campaign, each with the contacts it may be attached to."""
    rows = list(visible(member).filter(campaign=campaign)[:MOST_CONTACTS])
    mailed = Message.objects.filter(state__in=WENT, contact__cluster__in={row.cluster for row in rows})
    contacts = Contact.objects.filter(pk__in=mailed.values("contact"), task=campaign.task_id, erased_at__isnull=True)
    by_cluster: dict[str, list[Contact]] = {}
    for contact in contacts.order_by("last_name", "first_name", "id") if rows else ():
        by_cluster.setdefault(contact.cluster, []).append(contact)
    return [UnmatchedLine(row, by_cluster.get(row.cluster, [])[:MOST_CONTACTS]) for row in rows]


def unmatched_or_404(member: Member, unmatched_id: UUID) -> UnmatchedReply:
    """One unmatched reply that still waits for a person, if the member may see it."""
    return first_or_404(visible(member).filter(pk=unmatched_id), "There is no such unmatched reply that you can see.")


@transaction.atomic
def set_aside(row: UnmatchedReply, *, by: Member, why: str = "") -> None:
    """Say that a mail answers none of ours: its words and its address are erased, and what it held may go.

    Args:
        why: In a few words; needed, and a lead, where it may ask to leave.

    Raises:
        PermissionDenied: The member is no reviewer of the task, or no lead and it may ask to leave.
        Refusal: `reason_missing`; 409 `unmatched_settled`.
    """
    permissions.require(by, row.campaign.task, Role.LEAD if row.may_be_optout else Role.REVIEWER)
    if row.may_be_optout and not why.strip():
        message = "This mail may be an opt-out. Write why it is not: mails to the company may then continue."
        raise Refusal("reason_missing", message, errors={"reason": ["Give a reason in a few words."]})
    settle(row, UnmatchedState.SET_ASIDE, by=by)
    UnmatchedReply.objects.filter(pk=row.pk).update(settled_why=why.strip()[:300])
    trail.record("unmatched_set_aside", by=by, about=row, may_be_optout=row.may_be_optout)


def settle(row: UnmatchedReply, state: UnmatchedState, *, by: Member) -> None:
    """Settle an open mail, erase its words here and let mails go that it held.

    Of two members at once the second is refused, and what it did is rolled back with its transaction.

    Raises:
        Refusal: 409 `unmatched_settled`.
    """
    now = timezone.now()
    is_settled = UnmatchedReply.objects.filter(pk=row.pk, state=UnmatchedState.OPEN).update(
        state=state, settled_by=by.name[:120], settled_at=now, sender="", subject="", text=""
    )
    if not is_settled:
        message = "This mail was attached or set aside meanwhile, or its sender was erased."
        raise Refusal("unmatched_settled", message, hint="Look at the inbox again.", status=409)
    held = Message.objects.filter(state=MessageState.APPROVED, held_because=HoldReason.OPTOUT)
    # What another reply holds too is held again at its claim.
    held.filter(contact__cluster=row.cluster).update(due_at=now, held_because="", updated_at=now)
