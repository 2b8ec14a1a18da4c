"""Questions about the thread of a mail: what its reader got before it. Reads rows, sends nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Coalesce

from campaigns.compose import content
from campaigns.compose.content import with_words
from campaigns.models import Campaign, Message, Reply, Step
from campaigns.states import NO_REPLIES, MessageState, ReplyClass, StepCondition
from web.db.chunks import chunked

CHUNK = 500


def written_from() -> Coalesce:
    """The record a mail is written from: the one its stages made, else its contact's."""
    return Coalesce("record_id", "contact__record_id")


def sent_before_by_record(
    campaign: Campaign, *, step: Step, mail_by_record: Mapping[UUID, UUID]
) -> dict[UUID, list[dict[str, str]]]:
    """Return the mails sent before a step, by record: `subject` and `body`, slots unfilled, the first one first.

    Of a step that takes up an answer the last mail has a `reply_class` too: the label of what was answered, never its
    words.

    People who share a record, an arm and a branch share their drafts, so one reader's mails stand for all of them. That
    reader's earlier mails may have been written from another record. Empty for the first step of a sequence.

    Args:
        mail_by_record: By record that is written from, one of the mails of this step.
    """
    if not campaign.steps.filter(number__lt=step.number).exists():
        return {}
    sent_mails: dict[UUID, list[dict[str, str]]] = {}
    for chunk in chunked(list(mail_by_record.items()), CHUNK):
        mails = Message.objects.filter(pk__in=[mail for _, mail in chunk])
        readers = dict(mails.values_list("pk", "enrolment_id"))
        sent = Message.objects.filter(
            enrolment__in=readers.values(), state=MessageState.SENT, step__number__lt=step.number
        )
        threads: dict[UUID, list[dict[str, str]]] = defaultdict(list)
        for mail in with_words(sent).order_by("step__number"):
            threads[mail.enrolment_id].append(content.fields_of(mail))
        if step.when == StepCondition.REPLIED:
            for enrolment_id, meaning in _last_classes(readers.values()).items():
                if threads[enrolment_id]:
                    threads[enrolment_id][-1]["reply_class"] = ReplyClass(meaning).label
        sent_mails |= {record: threads[readers[mail]] for record, mail in chunk if readers[mail] in threads}
    return sent_mails


def branches_of(campaign: Campaign, mails: QuerySet[Message]) -> dict[UUID, str]:
    """Branch of each mail whose reader was not sent every mail before it: the numbers of those sent, such as `1,3`.

    Of a mail that takes up an answer, with the class of that answer: `1:question`. Readers with other mails or another
    answer behind them are written to otherwise, also where they share a record. No query but one where no step of the
    campaign has a condition.
    """
    if not campaign.steps.exclude(when=StepCondition.NO_ANSWER).exists():
        return {}
    numbers: dict[UUID, list[int]] = defaultdict(list)
    sent = Message.objects.filter(enrolment__in=mails.order_by().values("enrolment"), state=MessageState.SENT)
    for enrolment_id, number in sent.order_by("step__number").values_list("enrolment_id", "step__number"):
        numbers[enrolment_id].append(number)
    takes_up = mails.filter(step__when=StepCondition.REPLIED).order_by()
    classes = _last_classes(takes_up.values_list("enrolment_id", flat=True))
    rows = mails.order_by().values_list("pk", "enrolment_id", "step__number", "step__when")
    branches: dict[UUID, str] = {}
    for pk, enrolment_id, number, when in rows:
        behind = ",".join(str(before) for before in numbers[enrolment_id])
        if when == StepCondition.REPLIED:
            branches[pk] = f"{behind}:{classes.get(enrolment_id, '')}"
        elif numbers[enrolment_id] != list(range(1, number)):
            branches[pk] = behind
    return branches


def _last_classes(enrolments: Iterable[UUID]) -> dict[UUID, str]:
    classes: dict[UUID, str] = {}
    for chunk in chunked(list(enrolments), CHUNK):
        replies = Reply.objects.filter(event__enrolment__in=chunk).exclude(meaning="")
        by_person = Case(When(meaning__in=NO_REPLIES, then=Value(0)), default=Value(1))
        in_order = replies.order_by(by_person, "event__occurred_at")
        classes.update(in_order.values_list("event__enrolment_id", "meaning"))
    return classes


def earlier_mails(message: Message) -> list[Message]:
    """Mails that the reader of a mail got or is to get before it in its sequence, with their words, the first first.

    Args:
        message: With its step loaded. A first mail needs no query.
    """
    if message.step.number == 1:
        return []
    earlier = Message.objects.filter(
        campaign_id=message.campaign_id, contact_id=message.contact_id, step__number__lt=message.step.number
    ).exclude(state__in=(MessageState.FAILED, MessageState.STOPPED))
    return list(with_words(earlier).order_by("step__number"))
