"""Bulk-insert simulated readers' actions, as `campaigns.events.record` and `campaigns.replies.receive` write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from campaigns.compose import content
from campaigns.events import record
from campaigns.events.outcomes import READ_KEY
from campaigns.models import Campaign, Event, Message, Reply, Suppression
from campaigns.states import EventKind, EventSource, ReplyClass, SuppressionReason
from demo.data.experiment import population, reply_texts
from demo.data.experiment.others import moment
from demo.data.experiment.population import ReaderAction
from web.db.bulk_insert import BulkInserter, as_json

_EVENT = (
    "id", "enrolment", "message", "kind", "source", "key", "is_machine", "occurred_at", "received_at", "payload",
)  # fmt: skip
_REPLY = (
    "event", "message", "subject", "text", "meaning", "meant_by", "is_unsure", "may_be_optout", "classified_at",
    "created_at",
)  # fmt: skip
_SUPPRESSED = ("id", "address_hmac", "reason", "message_id", "created_at")
Row = tuple[Any, ...]
# Chance of a reply by draft.
Chances = dict[UUID, float]


@dataclass
class Poured:
    """Rows of a period, by table."""

    events: list[Row] = field(default_factory=list)
    replies: list[Row] = field(default_factory=list)
    suppressed: list[Row] = field(default_factory=list)


def chances(mails: Iterable[Message]) -> Chances:
    """Return the chance of a reply by draft; all mails of a draft have the same words and company."""
    read: Chances = {}
    for mail in mails:
        if mail.draft is not None and mail.contact.record is not None:
            spec, facts = mail.draft.task_version.spec, mail.contact.record.facts
            read[mail.draft.pk] = population.chance(spec, facts, content.fields_of(mail))
    return read


def of_reader(mail: Message, chances: Chances) -> Iterator[tuple[datetime, ReaderAction]]:
    """Yield the actions of a sent mail's reader with their times."""
    assert mail.sent_at is not None
    assert mail.draft_id is not None
    for doing in population.actions(mail.contact.address, chance=chances[mail.draft_id]):
        yield mail.sent_at + timedelta(hours=doing.after_hours), doing


def pour(campaign: Campaign, mails: Iterable[Message], chances: Chances, *, after: datetime, until: datetime) -> None:
    """Write the events of mails in a period in one transaction."""
    rows = Poured()
    for mail in mails:
        assert mail.sent_at is not None
        for at, doing in ((mail.sent_at, ReaderAction("sent", 0.0)), *of_reader(mail, chances)):
            if after < at <= until:
                _take(rows, mail, doing, at)
    with transaction.atomic():
        BulkInserter(Event(campaign=campaign), _EVENT).pour(rows.events)
        BulkInserter(Reply(), _REPLY).pour(rows.replies)
        BulkInserter(Suppression(), _SUPPRESSED).pour(rows.suppressed)


def _take(rows: Poured, mail: Message, doing: ReaderAction, at: datetime) -> None:
    if doing.kind == "sent":
        answer = {"code": 250, "text": "OK"}
        _event(rows, mail, EventKind.SENT, at, source=EventSource.WIRE, key=f"sent:{mail.pk.hex}", payload=answer)
    elif doing.kind == "bounce":
        told = {"hard": True, "status": "5.1.1", "text": "There is no such mailbox here"}
        _event(rows, mail, EventKind.BOUNCED, at, payload=told)
        _suppress(rows, mail, SuppressionReason.BOUNCED, at)
    elif doing.kind == "complaint":
        _event(rows, mail, EventKind.COMPLAINED, at, payload={"type": "abuse"})
        _suppress(rows, mail, SuppressionReason.COMPLAINED, at)
    elif doing.kind == "leave":
        left = {"how": "one-click"}
        key = f"unsubscribed:{mail.pk.hex}"
        _event(rows, mail, EventKind.UNSUBSCRIBED, at, source=EventSource.LINK, key=key, payload=left)
        _suppress(rows, mail, SuppressionReason.UNSUBSCRIBED, at)
    elif doing.kind == "meeting":
        key = f"outcome:meeting:{mail.pk.hex}:{int(at.timestamp())}"
        whole = at.replace(microsecond=0)
        _event(rows, mail, EventKind.MEETING, whole, source=EventSource.API, key=key, payload={})
    elif doing.kind == "absence":
        told = {"found_by": "reference", "why": "Auto-Submitted: auto-replied"}
        _event(rows, mail, EventKind.AUTO_REPLIED, at, payload=told, is_machine=True)
    else:
        _answer(rows, mail, doing, at)


def _answer(rows: Poured, mail: Message, doing: ReaderAction, at: datetime) -> None:
    """Record a reply, or a program's mail by rules; a wish to leave suppresses the address."""
    said = reply_texts.written_by(mail.contact, doing.meaning, doing.words)
    told = {"found_by": "reference", **({"why": "what it says"} if said.is_automatic else {})}
    kind = EventKind.AUTO_REPLIED if said.is_automatic else EventKind.REPLIED
    pk = _event(rows, mail, kind, at, payload=told, is_machine=said.is_automatic)
    meaning, when = said.found.reply_class, moment(at)
    rows.replies.append((
        pk.hex, mail.pk.hex, f"Re: {mail.subject}"[:300], said.text, meaning, said.found.by, not said.found.is_sure,
        said.found.may_be_optout, when, when,
    ))  # fmt: skip
    if meaning == ReplyClass.UNSUBSCRIBE:
        _event(rows, mail, EventKind.UNSUBSCRIBED, at, key=f"{READ_KEY}{pk.hex}", payload={"how": record.READ})


def _event(
    rows: Poured,
    mail: Message,
    kind: EventKind,
    at: datetime,
    *,
    payload: dict[str, Any],
    source: EventSource = EventSource.MAIL,
    key: str = "",
    is_machine: bool = False,
) -> UUID:
    pk, when = uuid4(), moment(at)
    known_as = key or f"mail:{kind}:{mail.pk.hex}"
    rows.events.append((
        pk.hex, mail.enrolment_id.hex, mail.pk.hex, kind, source, known_as, is_machine, when, when, as_json(payload),
    ))  # fmt: skip
    return pk


def _suppress(rows: Poured, mail: Message, reason: SuppressionReason, at: datetime) -> None:
    rows.suppressed.append((uuid4().hex, mail.contact.address_hmac, reason, mail.pk.hex, moment(at)))
