"""Outcomes of a campaign: what people did, and one outcome for each contact that was assigned.

Counted are contacts (enrolments), not mails or events: who replied twice replied. Everyone who was assigned counts,
also who was never mailed (intention to treat). What machines did counts for nothing.

`by_people` alone says what a person did: every figure of every room reads it, so that a reply counts by the class it
has now, whatever it was taken for when it came.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Left, Replace

from campaigns.events.mail_scanners import BURST_S
from campaigns.models import Campaign, Event, Reply
from campaigns.states import NO_REPLIES, EventKind, Metric, ReplyClass

# How the keys of unsubscriptions begin that were read from a reply: this and the reply's id.
READ_KEY = "unsubscribed:reply:"
_ID_CHARS = 32
# What a metric counts.
KINDS = {
    Metric.REPLY: EventKind.REPLIED,
    Metric.POSITIVE_REPLY: EventKind.REPLIED,
    Metric.CLICK: EventKind.CLICKED,
    Metric.UNSUBSCRIBE: EventKind.UNSUBSCRIBED,
    Metric.MEETING: EventKind.MEETING,
    Metric.OPPORTUNITY: EventKind.OPPORTUNITY,
    Metric.REVENUE: EventKind.REVENUE,
}
# A question is asked by who is interested.
POSITIVE = (ReplyClass.INTERESTED, ReplyClass.QUESTION)


def human_events(campaign: Campaign, kind: EventKind) -> QuerySet[Event]:
    """Events of a campaign as `by_people` reads them."""
    return by_people(Event.objects.filter(campaign=campaign), kind)


def by_people(all_events: QuerySet[Event], *kinds: EventKind) -> QuerySet[Event]:
    """Return the events of some kinds that no machine caused, from events of whole campaigns or whole mails.

    As `are_of_people` reads them; and a click that opened a scanner's round of all links is told by the rest.
    """
    events = all_events.filter(are_of_people(kinds))
    return _without_scans(events, all_events) if EventKind.CLICKED in kinds else events


def are_of_people(kinds: Sequence[EventKind]) -> Q:
    """The condition that an event is of some kinds and that no machine caused it, as far as the event alone tells.

    A reply is what is sorted as a person's word, also where it came as an automatic mail: `COUNTS_AS` tells its kind.
    An unsubscription read from a reply counts as long as the reply is read so.
    """
    condition = Q(kind__in=kinds, is_machine=False)
    if EventKind.REPLIED in kinds:
        others = [kind for kind in kinds if kind != EventKind.REPLIED]
        # The kinds stand alone too: an index finds them, which it does not where each is one case of several.
        condition = Q(kind__in=(*kinds, EventKind.AUTO_REPLIED)) & (Q(kind__in=others, is_machine=False) | _is_reply())
    return condition & ~_withdrawn_unsubscriptions() if EventKind.UNSUBSCRIBED in kinds else condition


# The kind of an event that passes.
COUNTS_AS = Case(When(kind=EventKind.AUTO_REPLIED, then=Value(EventKind.REPLIED.value)), default=F("kind"))


def automatic(all_events: QuerySet[Event]) -> QuerySet[Event]:
    """Return the events that are mails from programs, absences among them."""
    mails = all_events.filter(kind__in=(EventKind.REPLIED, EventKind.AUTO_REPLIED))
    return mails.exclude(pk__in=by_people(all_events, EventKind.REPLIED).order_by().values("pk"))


def corrected_since(campaigns: Collection[UUID] | QuerySet[Campaign], since: datetime) -> bool:
    """Return whether a member has classed a reply since a moment, so that figures counted then no longer hold."""
    return Reply.objects.filter(message__campaign__in=campaigns, corrected_at__gte=since).exists()


def _is_reply() -> Q:
    """Condition that an event comes from a person: by the class of its reply, or by its kind where it has none."""
    sorted_so = Q(reply__isnull=False) & ~Q(reply__meaning__in=("", *NO_REPLIES))
    unsorted = Q(kind=EventKind.REPLIED, is_machine=False) & (Q(reply__isnull=True) | Q(reply__meaning=""))
    return Q(kind__in=(EventKind.REPLIED, EventKind.AUTO_REPLIED)) & (sorted_so | unsorted)


def _without_scans(events: QuerySet[Event], all_events: QuerySet[Event]) -> QuerySet[Event]:
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
    scanned = all_events.filter(kind=EventKind.CLICKED, is_machine=True, payload__why="burst").order_by()
    return events.exclude(Q(kind=EventKind.CLICKED, message__in=scanned.values("message")) & Exists(rest))


def _withdrawn_unsubscriptions() -> Q:
    # Each event by the reply it came of: another reply to the same mail says nothing of it.
    key_of_reply = Concat(Value(READ_KEY), _hex(F("event")), output_field=CharField())
    replies = Reply.objects.filter(message=OuterRef("message"), meaning=ReplyClass.UNSUBSCRIBE)
    unsubscriptions = replies.annotate(key_of_reply=key_of_reply).filter(
        key_of_reply=Left(OuterRef("key"), len(READ_KEY) + _ID_CHARS)
    )
    # By its key: the payload of who was erased is empty, and a missing key of it is NULL, which no NOT turns round.
    return Q(kind=EventKind.UNSUBSCRIBED, key__startswith=READ_KEY) & ~Q(Exists(unsubscriptions))


def _hex(key: F) -> Func:
    """A UUID's 32 digits, on every database."""
    return Replace(Cast(key, CharField()), Value("-"), Value(""))


def of_metric(campaign: Campaign, metric: Metric) -> QuerySet[Event]:
    """Return the events by people that a metric counts."""
    events = human_events(campaign, KINDS[metric])
    return events.filter(reply__meaning__in=POSITIVE) if metric == Metric.POSITIVE_REPLY else events
