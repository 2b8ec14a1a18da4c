"""Order of a sequence: mails that another one follows, and sequences that have ended.

The next mail of a contact is the first later step whose condition holds. It goes once its wait is over: counted from
the last mail that went, and of a step that takes up an answer, from that answer if it came later. Nothing is remembered
between two looks: a condition that comes to hold later lets its mail go then, unless a later mail has gone.

Asked when the next mails are planned or awaited, when failed ones are to be written again, and before each goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from campaigns.events.outcomes import are_of_people, by_people, human_events
from campaigns.models import Campaign, Event, InboxAnswer, Message, Reply, Step
from campaigns.states import AnswerState, EventKind, MessageState, StepCondition, StopReason
from campaigns.suppression.queries import barred
from web.db.compiled_query import CompiledQuery

# What ends every sequence, and what ends one but for steps that take up an answer; unless a machine did it.
FINAL_ENDS = (EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED, EventKind.MEETING)
ENDS = (EventKind.REPLIED, *FINAL_ENDS)
# A mail stopped for these reasons leaves the way free to a step whose condition holds.
ANSWERED = (AnswerState.APPROVED, AnswerState.SENDING, AnswerState.SENT, AnswerState.UNKNOWN)
_PASSED_OVER = (StopReason.REPLIED, StopReason.CONDITION)


def to_follow(campaign: Campaign, step: Step, *, steps: Sequence[Step]) -> QuerySet[Message]:
    """Mails that went and are followed by this step next, whenever that is due."""
    own = Message.objects.filter(enrolment=OuterRef("enrolment_id"))
    under_way = own.exclude(state=MessageState.SENT).exclude(state=MessageState.STOPPED, stop_reason__in=_PASSED_OVER)
    later = own.filter(state=MessageState.SENT, step__number__gt=OuterRef("step__number"))
    mails = Message.objects.filter(
        ~Exists(own.filter(step=step)),
        ~Exists(under_way),
        ~Exists(later),
        holds(campaign, step),
        ~barred("contact__address_hmac"),
        campaign=campaign,
        step__in=_possible_before(step, steps),
        state=MessageState.SENT,
        contact__erased_at__isnull=True,
    )
    for between in [each for each in steps if 1 < each.number < step.number]:
        goes_first = Q(step__number__lt=between.number) & holds(campaign, between) & ~Exists(own.filter(step=between))
        mails = mails.exclude(goes_first)
    return mails


def due(campaign: Campaign, step: Step, *, steps: Sequence[Step], now: datetime) -> QuerySet[Message]:
    """Mails that this step is to follow now: found by when they went, the rest by key; of absent readers none."""
    gone_by = now - timedelta(seconds=step.wait_s)
    mails = to_follow(campaign, step, steps=steps).filter(~reader_away(), sent_at__lte=gone_by)
    if step.when != StepCondition.REPLIED:
        return mails
    return mails.filter(Exists(_fitting_replies(step).filter(event__occurred_at__lte=gone_by)))


def holds(campaign: Campaign, step: Step) -> Q:
    """The condition on a mail's row that its reader may get a mail of this step, however long it waits."""
    if step.when == StepCondition.REPLIED:
        return ~has_happened(FINAL_ENDS) & Q(Exists(_fitting_replies(step)))
    clicked = Q(Exists(human_events(campaign, EventKind.CLICKED).filter(enrolment=OuterRef("enrolment_id"))))
    if step.when == StepCondition.CLICKED:
        return ~has_happened(ENDS) & clicked
    if step.when == StepCondition.NOT_CLICKED:
        return ~has_happened(ENDS) & ~clicked
    return ~has_happened(ENDS)


def _fitting_replies(step: Step) -> QuerySet[Reply]:
    """The reader's last answer: of a class the step names, surely read so, and not answered by a person."""
    later = Event.objects.filter(
        enrolment=OuterRef("event__enrolment_id"), occurred_at__gt=OuterRef("event__occurred_at")
    )
    newer = by_people(later, EventKind.REPLIED)
    # A person has answered it: the sequence does not answer it a second time.
    by_hand = InboxAnswer.objects.filter(reply=OuterRef("pk"), state__in=ANSWERED)
    return Reply.objects.filter(
        ~Exists(newer),
        ~Exists(by_hand),
        event__enrolment=OuterRef("enrolment_id"),
        meaning__in=step.reply_classes or (),
        is_unsure=False,
    ).order_by()


def _possible_before(step: Step, steps: Sequence[Step]) -> list[Step]:
    """Steps that this one can follow; none is passed over that goes to whoever has not answered."""
    before: list[Step] = []
    for each in reversed([each for each in steps if each.number < step.number]):
        before.append(each)
        if each.when == StepCondition.NO_ANSWER and step.when != StepCondition.REPLIED:
            break
    return before


def to_write_again(campaign: Campaign) -> QuerySet[Message]:
    """Mails that failed before they had a text, never one that was on the wire, and whose reader may still get them."""
    takes_up_answers = Q(step__when=StepCondition.REPLIED)
    return Message.objects.filter(
        takes_up_answers | ~has_happened(ENDS),
        ~has_happened(FINAL_ENDS),
        ~barred("contact__address_hmac"),
        campaign=campaign,
        state=MessageState.FAILED,
        draft__isnull=True,
        sending_at__isnull=True,
        contact__erased_at__isnull=True,
    )


def reader_away() -> Exists:
    """Match mails whose reader has told, by an automatic reply to the sequence, of an absence that is not over."""
    notices = Event.objects.filter(enrolment=OuterRef("enrolment_id"), kind=EventKind.AUTO_REPLIED)
    return Exists(notices.filter(payload__away_until_s__gt=int(timezone.now().timestamp())))


def reader_was_away() -> Exists:
    """Match mails whose reader has ever told of an absence by an automatic reply to one of the sequence."""
    return Exists(Event.objects.filter(enrolment=OuterRef("enrolment_id"), kind=EventKind.AUTO_REPLIED))


def away_until(enrolment_id: UUID) -> datetime | None:
    """Return when the reader of an enrolment is back, by the latest return that a notice names.

    None where nobody is away.
    """
    notices = Event.objects.filter(enrolment=enrolment_id, kind=EventKind.AUTO_REPLIED, payload__has_key="away_until_s")
    moments = notices.order_by().values_list("payload__away_until_s", flat=True)
    back_s = max(moments, default=0)
    return datetime.fromtimestamp(back_s, UTC) if back_s > timezone.now().timestamp() else None


def ends_of(step: Step) -> tuple[EventKind, ...]:
    """Return the events that end a sequence before a step: an answer does not before one that takes it up."""
    return tuple(FINAL_ENDS if step.when == StepCondition.REPLIED else ENDS)


def stop_reason(message: Message) -> StopReason | None:
    """Return why a planned mail must not go: what ended its sequence, or that its condition holds no more; else None.

    Who acts on the answer holds the contact, as an answer that comes in does.
    """
    if ends := _ENDS_OF(ends_of(message.step), enrolment=message.enrolment_id):
        # Each of these kinds is by the same word a reason to stop; a mail that was taken for a program's is an answer
        # here.
        kind = ends[0].kind
        return StopReason(EventKind.REPLIED if kind == EventKind.AUTO_REPLIED else kind)
    if message.step.when == StepCondition.NO_ANSWER:
        return None
    fits = Message.objects.filter(holds(message.campaign, message.step), pk=message.pk)
    return None if fits.exists() else StopReason.CONDITION


def _end(kinds: Sequence[EventKind]) -> Q:
    """Condition that people did one of these things, or answered and may not be a program."""
    doubtful = Q(kind=EventKind.REPLIED, is_machine=False, reply__is_unsure=True)
    return are_of_people(kinds) | doubtful if EventKind.REPLIED in kinds else are_of_people(kinds)


# Asked of each mail, so it is compiled once.
_ENDS_OF = CompiledQuery(
    lambda kinds, *, enrolment: Event.objects.filter(_end(kinds), enrolment=enrolment).order_by("occurred_at")[:1]
)


def has_happened(kinds: Sequence[EventKind]) -> Q:
    """Return whether one of these events of a mail's reader stands in its campaign, and no machine caused it."""
    return Q(Exists(Event.objects.filter(_end(kinds), enrolment=OuterRef("enrolment_id"))))
