"""Questions about the thread of a mail: what its reader got before it. Reads rows, sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models.functions import Coalesce

from campaigns.compose import content
from campaigns.compose.content import with_words
from campaigns.models import Campaign, Message, Step
from campaigns.states import MessageState
from web.db.chunks import chunked

CHUNK = 500


def written_from() -> Coalesce:
    """The record a mail is written from: the one its stages made, else its contact's."""
    return Coalesce("record_id", "contact__record_id")


def sent_before_by_record(
    campaign: Campaign, *, arm_id: UUID, step: Step, record_ids: Sequence[UUID]
) -> dict[UUID, list[dict[str, str]]]:
    """What was sent before a step, by record: `subject` and `body` of each mail, slots unfilled, the first one first.

    People who share a record and an arm share their drafts, so one reader's mails stand for all of them. Empty for the
    first step of a sequence.
    """
    if not campaign.steps.filter(number__lt=step.number).exists():
        return {}
    by_record: dict[UUID, dict[int, dict[str, str]]] = {}
    for chunk in chunked(record_ids, CHUNK):
        sent = Message.objects.annotate(source_record=written_from()).filter(
            campaign=campaign,
            arm=arm_id,
            state=MessageState.SENT,
            step__number__lt=step.number,
            source_record__in=chunk,
        )
        for mail in with_words(sent).order_by("step__number", "sent_at", "id"):
            record_id = mail.record_id or mail.contact.record_id
            if record_id is not None:
                by_record.setdefault(record_id, {}).setdefault(mail.step.number, content.fields_of(mail))
    return {record: [by_step[number] for number in sorted(by_step)] for record, by_step in by_record.items()}


def earlier_mails(message: Message) -> list[Message]:
    """Mails of its sequence that the reader of a mail has got or is to get before it, with their words, the first first.

    Args:
        message: With its step loaded. A first mail needs no query.
    """
    if message.step.number == 1:
        return []
    earlier = Message.objects.filter(
        campaign_id=message.campaign_id, contact_id=message.contact_id, step__number__lt=message.step.number
    ).exclude(state__in=(MessageState.FAILED, MessageState.STOPPED))
    return list(with_words(earlier).order_by("step__number"))
