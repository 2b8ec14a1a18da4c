"""Writes down what happened to mails, and what follows from it at once.

Telling it twice, in any order, changes nothing.

Knows neither SMTP nor webhooks: those read what came and call `record`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Contact, Event, Message
from campaigns.states import (
    BEFORE_THE_WIRE,
    OUTCOMES,
    EventKind,
    EventSource,
    MessageState,
    StopReason,
    SuppressionReason,
)
from campaigns.suppression import suppress
from web.db.compiled_query import CompiledInsert

# What ends one sequence; everything else ends all mails to that address.
OF_ONE_CAMPAIGN = frozenset({StopReason.REPLIED, StopReason.BOUNCED, StopReason.MEETING, StopReason.ENDED})


@transaction.atomic
def stop_contact(contact: Contact, *, reason: StopReason, campaign: Campaign | None = None) -> int:
    """Stop every mail to a person that has not gone to the wire; return how many.

    Locks the contacts of the address first, as who plans a mail and who sends one do: a mail is either stopped here, or
    was on the wire before. Calling it twice changes nothing.

    Args:
        reason: What happened. A reply, a bounce or a meeting stops the sequence it belongs to; anything else stops all
            campaigns of all tasks that hold the same address.
        campaign: The sequence, with `replied`, `bounced` and `meeting`.

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
    lock_contacts(contact)
    held = list(unsent.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return Message.objects.filter(pk__in=held, state__in=BEFORE_THE_WIRE).update(
        state=MessageState.STOPPED, stop_reason=reason, updated_at=timezone.now()
    )


def lock_contacts(contact: Contact) -> None:
    """Lock the contacts of a person's address until the transaction ends, in one order for all who ask."""
    rows = Contact.objects.select_for_update(no_key=True).filter(address_hmac=contact.address_hmac)
    list(rows.order_by("pk").values_list("pk", flat=True))


_SUPPRESSES = {
    EventKind.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINED,
}
# How an unsubscription came to be that a member may take back.
READ = "reply"
_STOPS = {
    EventKind.REPLIED: StopReason.REPLIED,
    EventKind.BOUNCED: StopReason.BOUNCED,
    EventKind.MEETING: StopReason.MEETING,
}
# What can only have come of a mail that left us: it settles the fate of one that was in doubt.
_SENT_EVIDENCE = frozenset(EventKind) - {EventKind.SENT, EventKind.DEFERRED, *OUTCOMES}


def record(
    message: Message,
    kind: EventKind,
    *,
    source: EventSource,
    key: str,
    occurred_at: datetime | None = None,
    is_machine: bool = False,
    payload: dict[str, Any] | None = None,
) -> Event | None:
    """Append an event of a mail, with its consequences in the same transaction.

    An unsubscription read from a reply (`payload["how"]` is `reply`) stops all mails to the address and puts it on no
    list. Any other unsubscription, a complaint and a bounce that says there is no such reader (`payload["hard"]`) put
    the address on the suppression list; a reply, a meeting and any bounce end the sequence. A mail of unknown fate that
    is heard of has been sent.

    Args:
        key: The same for every telling of the same thing, at most 120 characters; the first telling counts.
        occurred_at: When; now by default.
        is_machine: It was no person's doing.
        payload: As it came, free of the person's text; of an erased person's mail nothing of it is kept that no
            figure needs.

    Returns:
        The event, or None if it was known.
    """
    payload = payload or {}
    reason = _suppression(kind, payload)
    is_read = kind == EventKind.UNSUBSCRIBED and payload.get("how") == READ
    with transaction.atomic():
        # Locks in the one order that all who stop mails keep: the list, the contacts, the mails.
        if reason is not None or is_read:
            suppress.lock_list()
        if reason is not None or is_read or kind in _STOPS:
            lock_contacts(message.contact)
        event, is_new = Event.objects.get_or_create(
            key=key,
            defaults={
                "campaign_id": message.campaign_id,
                "enrolment_id": message.enrolment_id,
                "message": message,
                "kind": kind,
                "source": source,
                "is_machine": is_machine,
                "occurred_at": occurred_at or timezone.now(),
                "payload": _kept(payload, message.contact),
            },
        )
        if not is_new:
            return None
        if kind in _SENT_EVIDENCE and source != EventSource.WIRE and not is_machine:
            _settle_doubt(message, event)
        if reason is not None:
            suppress.suppress(message.contact.address_hmac, reason=reason, message=message)
        elif is_read:
            suppress.stop_mails_to(message.contact.address_hmac)
        elif kind in _STOPS:
            stop_contact(message.contact, reason=_STOPS[kind], campaign=message.campaign)
    return event


def _kept(payload: dict[str, Any], contact: Contact) -> dict[str, Any]:
    """Return what an event keeps: after an erasure, as the erasure does, only the mark of a scanner's round."""
    if contact.erased_at is None:
        return payload
    return {"why": "burst"} if payload.get("why") == "burst" else {}


def record_sent(message: Message, *, at: datetime, payload: dict[str, Any]) -> None:
    """Append that a mail was taken by the mail server: `record` in one statement, for what follows nothing."""
    row = Event(
        key=f"sent:{message.pk.hex}",
        campaign_id=message.campaign_id,
        enrolment_id=message.enrolment_id,
        message=message,
        kind=EventKind.SENT,
        source=EventSource.WIRE,
        occurred_at=at,
        payload=payload,
    )
    _INSERT(row)


# Written for each mail, so it is compiled once.
_INSERT = CompiledInsert(Event)


def settle_proven(mails: QuerySet[Message]) -> int:
    """Call sent, and count, mails in doubt that an event, told since they went to the wire, proves to have left."""
    proof = Event.objects.filter(
        message=OuterRef("pk"), kind__in=_SENT_EVIDENCE, is_machine=False, received_at__gte=OuterRef("sending_at")
    ).exclude(source=EventSource.WIRE)
    doubtful = mails.filter(Exists(proof), state=MessageState.UNKNOWN)
    return doubtful.update(state=MessageState.SENT, sent_at=F("sending_at"), problem="", updated_at=timezone.now())


def _suppression(kind: EventKind, payload: dict[str, Any]) -> SuppressionReason | None:
    if kind == EventKind.BOUNCED:
        return SuppressionReason.BOUNCED if payload.get("hard") else None
    return None if payload.get("how") == READ else _SUPPRESSES.get(kind)


def _settle_doubt(message: Message, event: Event) -> None:
    """Call a mail in doubt sent. Holds its row until the event is committed, so a concurrent doubt sees the event."""
    row = Message.objects.select_for_update(no_key=True).filter(pk=message.pk)
    if row.values_list("state", flat=True).get() != MessageState.UNKNOWN:
        return
    Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN).update(
        state=MessageState.SENT, sent_at=message.sending_at or event.occurred_at, problem="", updated_at=timezone.now()
    )
