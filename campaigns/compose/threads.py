"""Questions about the thread of a mail: what its reader got before it. Reads rows, sends nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from campaigns.compose import content
from campaigns.compose.content import with_words
from campaigns.models import Campaign, Message, Step
from campaigns.states import MessageState, StepCondition
from web.db.chunks import chunked

CHUNK = 500


def written_from() -> Coalesce:
    """The record a mail is written from: the one its stages made, else its contact's."""
    return Coalesce("record_id", "contact__record_id")


def sent_before_by_record(
    campaign: Campaign, *, step: Step, mail_by_record: Mapping[UUID, UUID]
) -> dict[UUID, list[dict[str, str]]]:
    """What was sent before a step, by record: `subject` and `body` of each mail, slots unfilled, the first one first.

    People who share a record, an arm and a branch share their drafts, so one reader's mails stand for all of them. That
    reader's earlier mails may have been written from another record. Empty for the first step of a sequence.

    Args:
        campaign: The campaign.
        step: The step that is to be written.
        mail_by_record: By record that is written from, one of the mails of this step.
    """
    if not campaign.steps.filter(number__lt=step.number).exists():
        return {}
    found: dict[UUID, list[dict[str, str]]] = {}
    for chunk in chunked(list(mail_by_record.items()), CHUNK):
        mails = Message.objects.filter(pk__in=[mail for _, mail in chunk])
        readers = dict(mails.values_list("pk", "enrolment_id"))
        sent = Message.objects.filter(
            enrolment__in=readers.values(), state=MessageState.SENT, step__number__lt=step.number
        )
        threads: dict[UUID, list[dict[str, str]]] = defaultdict(list)
        for mail in with_words(sent).order_by("step__number"):
            threads[mail.enrolment_id].append(content.fields_of(mail))
        found |= {record: threads[readers[mail]] for record, mail in chunk if readers[mail] in threads}
    return found


def branches_of(campaign: Campaign, mails: QuerySet[Message]) -> dict[UUID, str]:
    """Branch of each mail whose reader was not sent every mail before it: the numbers of those sent, such as `1,3`.

    Readers with other mails behind them are written to otherwise, also where they share a record. No query but one where
    no step of the campaign has a condition.
    """
    if not campaign.steps.exclude(when=StepCondition.NO_ANSWER).exists():
        return {}
    numbers: dict[UUID, list[int]] = defaultdict(list)
    sent = Message.objects.filter(enrolment__in=mails.order_by().values("enrolment"), state=MessageState.SENT)
    for enrolment_id, number in sent.order_by("step__number").values_list("enrolment_id", "step__number"):
        numbers[enrolment_id].append(number)
    rows = mails.order_by().values_list("pk", "enrolment_id", "step__number")
    return {
        pk: ",".join(str(before) for before in numbers[enrolment_id])
        for pk, enrolment_id, number in rows
        if numbers[enrolment_id] != list(range(1, number))
    }


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
