"""Mails to readers of one company and what came of them, for tests of what replies teach."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign, Contact, Event, Message, Reply
from campaigns.states import EventKind, MessageState, ReplyClass
from review.models import Draft, Task
from tests.campaigns import factories as campaigns
from tests.campaigns.experiment_rows import event

SENT = timezone.now() - timedelta(days=40)


def contact(task: Task, name: str, company: str = "acme") -> Contact:
    """The reader of that name at a company."""
    address = f"{name}@{company}.example"
    return Contact.objects.filter(task=task, address=address).first() or campaigns.make_contact(task, address)


def send(
    campaign: Campaign,
    draft: Draft | None,
    name: str,
    company: str = "acme",
    *,
    at: datetime = SENT,
    **values: Any,
) -> Message:
    """A mail that went to a reader."""
    reader = contact(campaign.task, name, company)
    return campaigns.make_mail(campaign, reader, state=MessageState.SENT, sent_at=at, draft=draft, **values)


def tell(mail: Message, kind: EventKind, *, days: float = 1, **values: Any) -> Event:
    """Something that happened to a mail, days after it went."""
    assert mail.sent_at is not None
    told = event(mail, kind, at=mail.sent_at + timedelta(days=days), **values)
    told.save()
    return told


def reply(mail: Message, meaning: ReplyClass = ReplyClass.INTERESTED, *, days: float = 1) -> None:
    """An answer of a class, days after the mail went."""
    Reply.objects.create(event=tell(mail, EventKind.REPLIED, days=days), message=mail, meaning=meaning)
