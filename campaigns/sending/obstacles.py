"""Obstacles of a due mail: a halt, the suppression list, what ended its sequence, an absence, doubt, caps.

Each is the exception. So one question asks for all of them, and only where it finds something is asked what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Contact, Message
from campaigns.sending import contact_caps
from campaigns.states import EventKind, HoldReason, MessageState, StepCondition, StopReason
from campaigns.suppression import queries as suppressed
from campaigns.writing import sequences
from jobs.scheduling import halt
from web.db.compiled_query import CompiledExists

# When to look again whether somebody has decided; who decides has the mail looked at at once.
DOUBT_CHECKED = timedelta(days=1)


@dataclass(frozen=True)
class Obstacle:
    """Reason that a mail does not go now: the state it belongs in, and other values for its row.

    A halt brings no other values.
    """

    state: MessageState
    values: dict[str, Any] = field(default_factory=dict)


def before_claim(message: Message, campaign: Campaign, *, now: datetime) -> Obstacle | None:
    """Return what keeps a mail from being claimed; None where nothing does.

    Whoever acts on the answer holds off halts and has locked the contacts of the address.

    Args:
        message: With its campaign, its step, and its contact as locked.
    """
    if is_erased(message.contact):
        return Obstacle(MessageState.STOPPED, {"stop_reason": StopReason.ERASED})
    # Whether the condition of a later step still holds is a question of its own.
    if message.step.when == StepCondition.NO_ANSWER and not _anything_stands(message, campaign, now):
        return None
    if halt.current_halt():
        return Obstacle(MessageState.APPROVED)
    # A reply that came while the mail was on the wire could not stop it; put off, it must not go any more.
    if reason := suppression(message.contact) or sequences.stop_reason(message):
        return Obstacle(MessageState.STOPPED, {"stop_reason": reason})
    # A notice that came after this mail was planned.
    if message.step.number > 1 and (back_at := sequences.away_until(message.enrolment_id)):
        return put_off(message, back_at)
    if _IS_IN_DOUBT(pk=message.pk):
        return _held_in_doubt(now)
    if hold := contact_caps.hold_of(message, campaign, now=now):
        return Obstacle(MessageState.APPROVED, {"due_at": hold.until, "held_because": hold.reason})
    return None


def before_wire(message: Message) -> Obstacle | None:
    """Return what keeps a claimed mail from the wire: all is halted, or its reader is not written to any more."""
    if not _IS_BARRED(pk=message.pk):
        return None
    if obstacle := for_any_mail(message.contact):
        return obstacle
    return _held_in_doubt(timezone.now()) if _IS_IN_DOUBT(pk=message.pk) else None


def for_any_mail(contact: Contact) -> Obstacle | None:
    """Return what stops any mail to a contact, an answer too: everything is halted, or the address is suppressed."""
    if halt.current_halt():
        return Obstacle(MessageState.APPROVED)
    if suppressed.is_suppressed(contact.address_hmac):
        return Obstacle(MessageState.STOPPED, {"stop_reason": StopReason.SUPPRESSED})
    return None


def put_off(message: Message, until: datetime) -> Obstacle:
    """Return that a mail waits for its reader's time. A hold is over by then, but a value's, until it is corrected."""
    held = HoldReason.VALUE if message.held_because == HoldReason.VALUE else ""
    return Obstacle(MessageState.APPROVED, {"due_at": until, "held_because": held})


def _held_in_doubt(now: datetime) -> Obstacle:
    return Obstacle(MessageState.APPROVED, {"due_at": now + DOUBT_CHECKED, "held_because": HoldReason.OPTOUT})


def is_erased(contact: Contact) -> bool:
    """Return whether a contact's data was erased, or has no address."""
    return contact.erased_at is not None or not contact.address


def suppression(contact: Contact) -> StopReason | None:
    """Return why a contact is not written to: on the list, or a reply asks for no more; None where neither."""
    if not suppressed.is_suppressed(contact.address_hmac):
        return None
    return StopReason.SUPPRESSED if suppressed.is_listed(contact.address_hmac) else StopReason.OBJECTED


def _anything_stands(message: Message, campaign: Campaign, now: datetime) -> bool:
    ends, capped = sequences.ends_of(message.step), contact_caps.caps_of(campaign)
    since, talked_since = contact_caps.looks_back(message, capped, now=now)
    ids = {"pk": message.pk, "campaign": campaign.pk, "task": campaign.task_id}
    return _STANDS(ends, capped, message.step.number == 1, **ids, since=since, talked_since=talked_since)


def _standing(
    ends: tuple[EventKind, ...],
    capped: tuple[str, ...],
    is_first: bool,
    *,
    pk: UUID,
    campaign: UUID,
    task: UUID,
    since: datetime | None,
    talked_since: datetime | None,
) -> QuerySet[Message]:
    something = _is_barred() | sequences.has_happened(ends)
    if not is_first:
        something |= Q(sequences.reader_was_away())
    something |= contact_caps.may_hold(capped, campaign=campaign, task=task, since=since, talked_since=talked_since)
    return Message.objects.filter(something, pk=pk)


def _is_barred() -> Q:
    return Q(Exists(halt.standing())) | suppressed.barred("contact__address_hmac") | _is_in_doubt()


def _is_in_doubt() -> Q:
    return Q(suppressed.in_doubt("contact__address_hmac")) | Q(suppressed.company_in_doubt("contact__cluster"))


# Asked of each mail, so they are compiled once.
_STANDS = CompiledExists(_standing)
_IS_BARRED = CompiledExists(lambda *, pk: Message.objects.filter(_is_barred(), pk=pk))
_IS_IN_DOUBT = CompiledExists(lambda *, pk: Message.objects.filter(_is_in_doubt(), pk=pk))
