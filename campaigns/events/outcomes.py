"""What came of a campaign: counts for each arm, and one outcome for each contact that was assigned.

Counted are contacts (enrolments), not mails or events: who replied twice replied. Everyone who was assigned counts,
also who was never mailed (intention to treat). What machines did counts for nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Concat, Replace

from campaigns.events.mail_scanners import BURST_S
from campaigns.models import Campaign, Enrolment, Event, Message, Reply
from campaigns.states import EventKind, MessageState, Metric, ReplyClass

# How the keys of unsubscriptions begin that were read from a reply.
READ_KEY = "unsubscribed:reply:"
# A question is asked by who is interested.
POSITIVE = (ReplyClass.INTERESTED, ReplyClass.QUESTION)


@dataclass(frozen=True, slots=True)
class ArmOutcome:
    """Contacts of one arm: how many were assigned, in how many clusters, and with how many of them each thing happened.

    `delivered` are those whose mail went and did not bounce; `unknown` those with a mail of unknown fate and none that
    went. `arm_id` is None where contacts are in no arm.
    """

    arm_id: UUID | None
    name: str
    is_control: bool
    assigned: int
    clusters: int
    sent: int
    delivered: int
    bounced: int
    replied: int
    positive: int
    clicked: int
    unsubscribed: int
    complained: int
    unknown: int


@dataclass(frozen=True, slots=True)
class ContactOutcome:
    """One contact that was assigned.

    Attributes:
        arm_id: Its arm.
        cluster: Its company as it was at assignment; likewise `segment`.
        sent_at: When its first mail went; None if none has.
        happened_at: When the metric's event first happened, within the horizon or not; None if it has not.
        outcome: 1 if that was within the horizon after its first mail, else 0.
    """

    enrolment_id: UUID
    arm_id: UUID | None
    cluster: str
    segment: str
    sent_at: datetime | None
    happened_at: datetime | None
    outcome: int


def by_arm(campaign: Campaign) -> list[ArmOutcome]:
    """Counts so far for each arm, in the arms' order. Nine queries, whatever the size."""
    enrolled = Enrolment.objects.filter(campaign=campaign).values("arm")
    sizes = enrolled.annotate(assigned=Count("pk"), clusters=Count("cluster", distinct=True)).order_by()
    sent = Message.objects.filter(campaign=campaign, state=MessageState.SENT)
    bounced = human_events(campaign, EventKind.BOUNCED)
    counts = {
        "sent": _by_arm(sent),
        "delivered": _by_arm(sent.exclude(pk__in=bounced.order_by().values("message"))),
        "bounced": _by_arm(bounced),
        "replied": _by_arm(human_events(campaign, EventKind.REPLIED)),
        "positive": _by_arm(_of_metric(campaign, Metric.POSITIVE_REPLY)),
        "clicked": _by_arm(_of_metric(campaign, Metric.CLICK)),
        "unsubscribed": _by_arm(human_events(campaign, EventKind.UNSUBSCRIBED)),
        "complained": _by_arm(human_events(campaign, EventKind.COMPLAINED)),
        "unknown": _by_arm(
            Message.objects.filter(~Exists(sent.filter(enrolment=OuterRef("enrolment"))), campaign=campaign).filter(
                state=MessageState.UNKNOWN
            )
        ),
    }
    arms = {arm.pk: arm for arm in campaign.arms.all()}
    order = {pk: at for at, pk in enumerate(arms)}
    rows = sorted(sizes, key=lambda row: order.get(row["arm"], len(order)))
    return [
        ArmOutcome(
            arm_id=row["arm"],
            name=arms[row["arm"]].name if row["arm"] in arms else "No arm",
            is_control=row["arm"] in arms and arms[row["arm"]].is_control,
            assigned=row["assigned"],
            clusters=row["clusters"],
            **{name: count_of_arm[row["arm"]] for name, count_of_arm in counts.items()},
        )
        for row in rows
    ]


def of_contacts(campaign: Campaign, *, metric: Metric, horizon_days: int) -> list[ContactOutcome]:
    """One row for each contact that is mailed or was assigned to be, in the order of assignment. Three queries, joined here.

    Of a campaign with a holdout arm, whose contacts are told of apart, see `experiments.enrolments`.

    Args:
        campaign: The campaign.
        metric: What counts.
        horizon_days: Days after a contact's first mail in which it counts.
    """
    sent = Message.objects.filter(campaign=campaign, sent_at__isnull=False).order_by()
    first_sent: dict[UUID, datetime] = dict(sent.values_list("enrolment").annotate(at=Min("sent_at")))
    events = _of_metric(campaign, metric).order_by()
    first_told: dict[UUID, datetime] = dict(events.values_list("enrolment").annotate(at=Min("occurred_at")))
    horizon = timedelta(days=horizon_days)
    rows = Enrolment.objects.filter(campaign=campaign).order_by("created_at", "pk")
    outcomes = []
    for pk, arm, cluster, segment in rows.values_list("pk", "arm_id", "cluster", "segment").iterator(chunk_size=5_000):
        went, happened = first_sent.get(pk), first_told.get(pk)
        counts = went is not None and happened is not None and happened <= went + horizon
        outcomes.append(ContactOutcome(pk, arm, cluster, segment, went, happened, int(counts)))
    return outcomes


def human_events(campaign: Campaign, kind: EventKind) -> QuerySet[Event]:
    """Events of a kind that no machine caused. A click that opened a scanner's round of all links is told by the rest.

    An unsubscription read from a reply counts as long as the reply is read so.
    """
    return by_people(Event.objects.filter(campaign=campaign), kind)


def by_people(all_events: QuerySet[Event], kind: EventKind) -> QuerySet[Event]:
    """Those of some events that are of a kind and that no machine caused; whole campaigns or whole mails."""
    events = all_events.filter(kind=kind, is_machine=False)
    if kind == EventKind.UNSUBSCRIBED:
        return events.exclude(withdrawn_unsubscriptions())
    if kind != EventKind.CLICKED:
        return events
    end = ExpressionWrapper(OuterRef("occurred_at") + timedelta(seconds=BURST_S), output_field=DateTimeField())
    rest = Event.objects.filter(
        message=OuterRef("message"),
        kind=EventKind.CLICKED,
        is_machine=True,
        payload__why="burst",
        occurred_at__gte=OuterRef("occurred_at"),
        occurred_at__lte=end,
    )
    # Few mails are ever scanned so: the list of them is made once, and only their clicks are looked at one by one.
    scanned = all_events.filter(kind=kind, is_machine=True, payload__why="burst").order_by()
    return events.exclude(Q(message__in=scanned.values("message")) & Exists(rest))


def withdrawn_unsubscriptions() -> Q:
    """The condition that an event is an unsubscription read from a reply that is no longer read so."""
    # Each event by the reply it came of: another reply to the same mail says nothing of it.
    told_by = Concat(Value(READ_KEY), _hex(F("event")), output_field=CharField())
    replies = Reply.objects.filter(message=OuterRef("message"), meaning=ReplyClass.UNSUBSCRIBE)
    wishes = replies.annotate(told_by=told_by).filter(told_by=OuterRef("key"))
    # By its key: the payload of who was erased is empty, and a missing key of it is NULL, which no NOT turns round.
    return Q(kind=EventKind.UNSUBSCRIBED, key__startswith=READ_KEY) & ~Q(Exists(wishes))


def _hex(key: F) -> Func:
    """A UUID's 32 digits, on every database."""
    return Replace(Cast(key, CharField()), Value("-"), Value(""))


def _of_metric(campaign: Campaign, metric: Metric) -> QuerySet[Event]:
    if metric == Metric.POSITIVE_REPLY:
        return human_events(campaign, EventKind.REPLIED).filter(reply__meaning__in=POSITIVE)
    kinds = {
        Metric.REPLY: EventKind.REPLIED,
        Metric.CLICK: EventKind.CLICKED,
        Metric.UNSUBSCRIBE: EventKind.UNSUBSCRIBED,
        Metric.MEETING: EventKind.MEETING,
        Metric.OPPORTUNITY: EventKind.OPPORTUNITY,
        Metric.REVENUE: EventKind.REVENUE,
    }
    return human_events(campaign, kinds[metric])


def _by_arm(rows: QuerySet[Event] | QuerySet[Message]) -> Counter[UUID | None]:
    """How many contacts of each arm the rows are about."""
    about = rows.order_by().values_list(F("enrolment__arm")).annotate(contacts=Count("enrolment", distinct=True))
    return Counter(dict(about))
