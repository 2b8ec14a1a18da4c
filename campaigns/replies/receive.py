"""Record what comes in about sent mails: provider events, bounces, complaints and replies.

They come in any order, and any number of times. Each is written in a transaction of its own. A mail is matched by what
only this installation could have made: a signed token in the address, or the Message-ID. A match by the sender's
address alone is marked as a guess.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns.compose import link_tokens
from campaigns.compose.link_tokens import ForgedTokenError, TokenPurpose
from campaigns.events import record
from campaigns.models import Event, InboxAnswer, Message
from campaigns.replies import ask_teacher, record_reply, sorting, unmatched
from campaigns.replies.parsing import auto_replies, delivery_reports, parse_mail, return_dates, subjects
from campaigns.replies.parsing.parse_mail import IncomingMail
from campaigns.replies.sorting import ReceivedReply
from campaigns.states import NO_REPLIES, WENT, AnswerState, EventKind, EventSource, ReplyClass
from campaigns.suppression import email_addresses
from web import zones

_UNSUBSCRIBE = re.compile(r"\W*(unsubscribe|remove|stop)\W*", re.IGNORECASE)


class MessageMatch(StrEnum):
    """Way in which the mail was found that something is about; `guess` is all that is not sure."""

    REFERENCE = "reference"
    TOKEN = "token"  # noqa: S105 (a way of finding)
    GUESS = "guess"
    PERSON = "person"


class InboundResult(StrEnum):
    NEW = "new"
    KNOWN = "known"
    UNMATCHED = "unmatched"


@dataclass(frozen=True)
class ProviderEvent:
    """An event as a webhook tells it.

    Attributes:
        key: The same for every telling of it.
        message: Id of the mail's row, if the provider hands it back; else `message_id`, its Message-ID.
        is_of_answer: Whether the provider hands back that it is about an answer; `message` is the mail before it then.
    """

    kind: EventKind
    key: str
    message: str = ""
    message_id: str = ""
    is_of_answer: bool = False
    occurred_at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def take_event(happening: ProviderEvent) -> InboundResult:
    message_id = delivery_reports.bare_id(happening.message_id)
    message = _by_row(happening.message) or _by_ids([message_id])
    if message is None:
        return InboundResult.UNMATCHED
    is_machine = happening.kind == EventKind.AUTO_REPLIED
    is_hard = bool(happening.payload.get("hard"))
    event = record.record(
        message,
        _kind_of_report(happening.kind, message_id, is_hard=is_hard, is_of_answer=happening.is_of_answer),
        source=EventSource.WEBHOOK,
        key=happening.key,
        # Nothing happens in the future; a clock that runs ahead must not open an experiment's horizon.
        occurred_at=min(happening.occurred_at, timezone.now()) if happening.occurred_at else None,
        is_machine=is_machine,
        payload=happening.payload,
    )
    return InboundResult.NEW if event else InboundResult.KNOWN


def take_mail(raw: bytes) -> InboundResult:
    """Read a mail that came in, and write down the bounce, complaint, answer or unsubscription that it is.

    A mail that belongs to none of ours is kept for a person where we wrote to its sender's company, and leaves no trace
    elsewhere. Sent in twice, it counts once.
    """
    incoming = parse_mail.parse_mail(raw)
    if incoming.bounce is not None:
        return _bounced(incoming)
    if incoming.complaint is not None:
        message = _reported_message(incoming, incoming.complaint.original_message_id)
        return _record_event(message, EventKind.COMPLAINED, incoming, {"type": incoming.complaint.feedback_type})
    message, match = _answered(incoming)
    if message is None:
        return InboundResult.KNOWN if unmatched.keep(incoming) is False else InboundResult.UNMATCHED
    settle_proven(incoming.answers)
    # An address alone can be forged: what it asks for is heeded as a reply is, and can be taken back.
    if (
        not incoming.auto_reason
        and match != MessageMatch.GUESS
        and _UNSUBSCRIBE.fullmatch(incoming.subject)
        and (not incoming.text or _UNSUBSCRIBE.fullmatch(incoming.text))
    ):
        return InboundResult.NEW if record_reply.unsubscribe(message, source=EventSource.MAIL) else InboundResult.KNOWN
    event = take_reply(message, incoming, payload={"found_by": match, "message_id": incoming.message_id[:200]})
    return InboundResult.NEW if event else InboundResult.KNOWN


def take_reply(
    message: Message, incoming: IncomingMail, *, payload: dict[str, Any], occurred_at: datetime | None = None
) -> Event | None:
    """Sort a mail that answers one of ours, and act on it as its class asks; None where it was known.

    Args:
        payload: `found_by` and `message_id`, and what else its event keeps.
        occurred_at: When it came; now by default.
    """
    is_returned = delivery_reports.is_title_of(incoming.subject, subjects.bare_subject(message.subject))
    reason = incoming.auto_reason or (auto_replies.BY_SUBJECT if is_returned else "")
    read = sorting.sort(ReceivedReply(incoming.subject, incoming.text, reason))
    kind = EventKind.AUTO_REPLIED if read.reply_class in NO_REPLIES else EventKind.REPLIED
    if kind == EventKind.AUTO_REPLIED:
        payload |= {"why": reason, **_absence(message, incoming, read.reply_class)}
    event = None
    if key := _key(message, incoming, kind):
        event = record_reply.record_reply(message, incoming, read, key=key, payload=payload, occurred_at=occurred_at)
    # Told again too: who took it first may have died before it was asked for.
    ask_teacher.ask_after_commit(message.campaign)
    return event


def _absence(message: Message, incoming: IncomingMail, kind: ReplyClass) -> dict[str, Any]:
    """Return `away_until_s`: midnight of the day of return where the reader lives; empty for other automatic mail."""
    if kind != ReplyClass.OUT_OF_OFFICE:
        return {}
    zone = zones.first_known(message.contact.time_zone, message.campaign.time_zone)
    now = timezone.now()
    written = min(incoming.sent_at or now, now)
    # Programs repeat our own subject, and a day in it is no day of return.
    subject = incoming.subject.replace(subjects.bare_subject(message.subject) or "\n", "")
    back = return_dates.read_return(f"{subject}. {incoming.text}", written_on=written.astimezone(zone).date())
    payload = {"back_on": back.day.isoformat(), "away_until_s": int(zones.start_of(back.day, zone).timestamp())}
    return {**payload, "is_told": back.told, "is_capped": back.is_capped}


def _bounced(incoming: IncomingMail) -> InboundResult:
    bounce = incoming.bounce
    assert bounce is not None
    message = _reported_message(incoming, bounce.original_message_id)
    is_hard = bounce.is_hard and (message is None or bounce.is_about(message.contact.address))
    payload = {"hard": is_hard, "status": bounce.status, "text": bounce.text}
    kind = EventKind.BOUNCED if bounce.is_final else EventKind.DEFERRED
    kind = _kind_of_report(kind, bounce.original_message_id, is_hard=is_hard)
    return _record_event(message, kind, incoming, payload)


def _kind_of_report(kind: EventKind, message_id: str, *, is_hard: bool, is_of_answer: bool = False) -> EventKind:
    """Return the kind of event that a report is: of an answer that was turned away no bounce of the campaign.

    The mail before it arrived; that its reader is not there any more is true of both.
    """
    if kind != EventKind.BOUNCED or is_hard:
        return kind
    return EventKind.DEFERRED if is_of_answer or mails_answered([message_id]) else kind


def _reported_message(incoming: IncomingMail, message_id: str) -> Message | None:
    """Match a report by the Message-ID it carries back, the address it was returned to, or any sign of ours."""
    return _by_ids([message_id, *incoming.answers]) or _by_token(incoming.recipients) or mail_of(incoming.marks)


def _record_event(
    message: Message | None, kind: EventKind, incoming: IncomingMail, payload: dict[str, Any]
) -> InboundResult:
    if message is None:
        return InboundResult.UNMATCHED
    key = _key(message, incoming, kind)
    if not key:
        return InboundResult.KNOWN
    event = record.record(message, kind, source=EventSource.MAIL, key=key, payload=payload)
    return InboundResult.NEW if event else InboundResult.KNOWN


def _answered(incoming: IncomingMail) -> tuple[Message | None, MessageMatch]:
    if message := _by_ids(incoming.answers):
        return message, MessageMatch.REFERENCE
    if message := _by_token(incoming.recipients):
        return message, MessageMatch.TOKEN
    return _by_sender(incoming.sender), MessageMatch.GUESS


def _messages() -> QuerySet[Message]:
    return Message.objects.select_related("contact", "campaign")


def _by_row(text: str) -> Message | None:
    try:
        return _messages().filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _by_ids(ids: Iterable[str]) -> Message | None:
    message_ids = [each for each in ids if each]
    if not message_ids:
        return None
    message_by_id = {message.message_id: message for message in _messages().filter(message_id__in=message_ids)}
    message_by_id |= mails_answered(message_ids)
    return next((message_by_id[each] for each in message_ids if each in message_by_id), None)


def _by_token(recipients: Iterable[str]) -> Message | None:
    for address in recipients:
        _, sign, token = address.rpartition("@")[0].rpartition("+")
        if not sign:
            continue
        try:
            (message_id,) = link_tokens.verify(TokenPurpose.REPLY, token)
        except (ForgedTokenError, ValueError):
            continue
        if message := _messages().filter(pk=message_id).first():
            return message
    return None


def _by_sender(address: str) -> Message | None:
    """Guess the last mail that went to this address, of any campaign."""
    try:
        hmac = email_addresses.hmac_from(address)
    except ValueError:
        return None
    went = _messages().filter(contact__address_hmac=hmac, state__in=WENT)
    return went.order_by("-sending_at").first()


def _key(message: Message, incoming: IncomingMail, kind: EventKind) -> str:
    """Return the key of an incoming mail, the same at every telling; empty where it was told before.

    Its Message-ID is its sender's to choose: it must not make a mail of another reader look known.
    """
    # As it was before keys named the mail that is answered.
    earlier = f"mail:{kind}:{_digest(incoming.message_id)}"
    if Event.objects.filter(key=earlier, message=message).exists():
        return ""
    return f"mail:{kind}:{_digest(f'{message.pk.hex} {incoming.message_id}')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def mails_answered(message_ids: Collection[str]) -> dict[str, Message]:
    """Map Message-IDs of our answers to the mail whose reply each answered; those that are no answer's are absent."""
    related = ("reply__message__contact", "reply__message__campaign")
    rows = InboxAnswer.objects.filter(message_id__in=message_ids).select_related(*related)
    return {answer.message_id: answer.reply.message for answer in rows}


def settle_proven(message_ids: Collection[str]) -> int:
    """Call sent, and count, answers in doubt with these Message-IDs: their reader has written back to them."""
    named = [each for each in message_ids if each]
    doubtful = InboxAnswer.objects.filter(message_id__in=named, state=AnswerState.UNKNOWN)
    return doubtful.update(state=AnswerState.SENT, sent_at=F("sending_at"), problem="", updated_at=timezone.now())


def mail_of(marks: Iterable[str]) -> Message | None:
    """Return the mail of the first valid token or id, with contact and campaign; None where none is ours."""
    ids = [pk for mark in marks if (pk := _id_of(mark)) is not None]
    mails = Message.objects.select_related("contact", "campaign").in_bulk(ids) if ids else {}
    return next((mails[pk] for pk in ids if pk in mails), None)


def _id_of(mark: str) -> UUID | None:
    """The id that a mark is, or that its token, of whatever purpose, names first."""
    if "-" in mark:
        return UUID(mark)
    for purpose in TokenPurpose:
        try:
            return link_tokens.verify(purpose, mark)[0]
        except ForgedTokenError:
            continue
    return None
