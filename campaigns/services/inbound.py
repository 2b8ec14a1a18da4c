"""What comes in about mails that went out: providers' events, bounces, complaints, answers; in any order, many times.

Each is written in a transaction of its own. Whose mail it is is told by what only we could have made: a signed token in the address, or the Message-ID. A sender's
address alone is a guess, marked as one. Knows no HTTP: who posts here has been verified before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from campaigns import addresses, tokens
from campaigns.incoming import bounces, reading
from campaigns.incoming.reading import Incoming
from campaigns.models import Message
from campaigns.services import events, replies, reply_reading
from campaigns.states import EventKind, EventSource, MessageState
from campaigns.tokens import Forged, Purpose

# A mail that a person could have answered.
_WENT = (MessageState.SENT, MessageState.UNKNOWN, MessageState.SENDING)
_LEAVE = re.compile(r"\W*(unsubscribe|remove|stop)\W*", re.IGNORECASE)


class Found(StrEnum):
    """How it was found whose mail something is about; `guess` is all that is not sure."""

    REFERENCE = "reference"
    TOKEN = "token"  # noqa: S105 (a way of finding)
    GUESS = "guess"


class Taken(StrEnum):
    """What became of something that came in."""

    NEW = "new"
    KNOWN = "known"
    UNMATCHED = "unmatched"


@dataclass(frozen=True)
class Happening:
    """An event as a webhook tells it.

    Attributes:
        kind: What happened.
        key: The same for every telling of it.
        message: Id of the mail's row, if the provider hands it back; else `message_id`, its Message-ID.
        payload: Plain values, free of the person's text.
    """

    kind: EventKind
    key: str
    message: str = ""
    message_id: str = ""
    occurred_at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def take_event(happening: Happening) -> Taken:
    """Write down what a provider tells of a mail of ours."""
    message = _by_row(happening.message) or _by_ids([bounces.bare_id(happening.message_id)])
    if message is None:
        return Taken.UNMATCHED
    is_machine = happening.kind == EventKind.AUTO_REPLIED
    event = events.record(
        message, happening.kind, source=EventSource.WEBHOOK, key=happening.key, occurred_at=happening.occurred_at,
        is_machine=is_machine, payload=happening.payload,
    )  # fmt: skip
    return Taken.NEW if event else Taken.KNOWN


def take_mail(raw: bytes) -> Taken:
    """Read a mail that came in, and write down the bounce, complaint, answer or unsubscription that it is.

    A mail that belongs to none of ours leaves no trace. Sent in twice, it counts once.
    """
    incoming = reading.read(raw)
    if incoming.bounce is not None:
        return _bounced(incoming)
    if incoming.complaint is not None:
        ids = [incoming.complaint.original_message_id, *incoming.answers]
        return _told(incoming, EventKind.COMPLAINED, ids, {"type": incoming.complaint.feedback_type})
    message, found = _answered(incoming)
    if message is None:
        return Taken.UNMATCHED
    if incoming.auto_reason:
        payload = {"found_by": found, "why": incoming.auto_reason}
        return _written(message, EventKind.AUTO_REPLIED, incoming, payload, is_machine=True)
    # An address alone can be forged: what it asks for is heeded as a reply is, and can be taken back.
    if (
        found != Found.GUESS
        and _LEAVE.fullmatch(incoming.subject)
        and (not incoming.text or _LEAVE.fullmatch(incoming.text))
    ):
        return Taken.NEW if replies.leave(message, source=EventSource.MAIL) else Taken.KNOWN
    event = replies.take(message, incoming, key=_key(incoming, EventKind.REPLIED), found_by=found)
    if event is not None:
        reply_reading.ask_after_commit(message.campaign)
    return Taken.NEW if event else Taken.KNOWN


def _bounced(incoming: Incoming) -> Taken:
    bounce = incoming.bounce
    assert bounce is not None
    payload = {"hard": bounce.is_hard, "status": bounce.status, "text": bounce.text}
    kind = EventKind.BOUNCED if bounce.is_final else EventKind.DEFERRED
    return _told(incoming, kind, [bounce.original_message_id, *incoming.answers], payload)


def _told(incoming: Incoming, kind: EventKind, ids: Iterable[str], payload: dict[str, Any]) -> Taken:
    """What a server reports: found by the Message-ID it carries back, else by the address it was returned to."""
    message = _by_ids(ids) or _by_token(incoming.recipients)
    return _written(message, kind, incoming, payload) if message else Taken.UNMATCHED


def _written(
    message: Message, kind: EventKind, incoming: Incoming, payload: dict[str, Any], *, is_machine: bool = False
) -> Taken:
    event = events.record(
        message, kind, source=EventSource.MAIL, key=_key(incoming, kind), is_machine=is_machine, payload=payload
    )
    return Taken.NEW if event else Taken.KNOWN


def _answered(incoming: Incoming) -> tuple[Message | None, Found]:
    if message := _by_ids(incoming.answers):
        return message, Found.REFERENCE
    if message := _by_token(incoming.recipients):
        return message, Found.TOKEN
    return _by_sender(incoming.sender), Found.GUESS


def _messages() -> QuerySet[Message]:
    return Message.objects.select_related("contact", "campaign")


def _by_row(text: str) -> Message | None:
    try:
        return _messages().filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _by_ids(ids: Iterable[str]) -> Message | None:
    wanted = [each for each in ids if each]
    if not wanted:
        return None
    known = {message.message_id: message for message in _messages().filter(message_id__in=wanted)}
    return next((known[each] for each in wanted if each in known), None)


def _by_token(recipients: Iterable[str]) -> Message | None:
    for address in recipients:
        _, sign, token = address.rpartition("@")[0].rpartition("+")
        if not sign:
            continue
        try:
            (message_id,) = tokens.read(Purpose.REPLY, token)
        except (Forged, ValueError):
            continue
        if message := _messages().filter(pk=message_id).first():
            return message
    return None


def _by_sender(address: str) -> Message | None:
    """The last mail that went to this address, of any campaign: a guess."""
    try:
        hmac = addresses.hmac_from(address)
    except ValueError:
        return None
    went = _messages().filter(contact__address_hmac=hmac, state__in=_WENT)
    return went.order_by("-sending_at").first()


def _key(incoming: Incoming, kind: EventKind) -> str:
    return f"mail:{kind}:{hashlib.sha256(incoming.message_id.encode()).hexdigest()[:40]}"
