"""Everyone a campaign assigned, with the first mail to each and the first time what counts happened.

The same as `outcomes.of_contacts`, which a test holds it to, read for a page over a hundred thousand events: ids stay text
as the database writes them, because making UUIDs of them took longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Count, F, Min, QuerySet
from django.db.models.functions import Cast

from campaigns.models import Campaign, Enrolment, Event, Message
from campaigns.selectors.outcomes import POSITIVE, human_events
from campaigns.states import EventKind, Metric

KINDS = {
    Metric.REPLY: EventKind.REPLIED,
    Metric.POSITIVE_REPLY: EventKind.REPLIED,
    Metric.CLICK: EventKind.CLICKED,
    Metric.UNSUBSCRIBE: EventKind.UNSUBSCRIBED,
}


class Sent(NamedTuple):
    """The first mail that went to a contact, and how many did."""

    first_at: datetime
    mails: int


@dataclass(frozen=True)
class Enrolled:
    """Contacts in the order of assignment.

    Attributes:
        ids: Of each enrolment, as text; the keys of what follows.
        arms: Of each, the id of its arm as text; likewise `records`, None where the contact has none.
        clusters: Its company as it was at assignment; likewise `segments`.
        sent: By enrolment; absent where nothing went.
        happened: By enrolment, when the metric's event first happened.
    """

    ids: Sequence[str]
    arms: Sequence[str]
    clusters: Sequence[str]
    segments: Sequence[str]
    records: Sequence[str | None]
    sent: dict[str, Sent]
    happened: dict[str, datetime]


def of(campaign: Campaign, metric: Metric) -> Enrolled:
    """Everyone in an arm; three queries."""
    rows: Any = Enrolment.objects.filter(campaign=campaign, arm__isnull=False).order_by("created_at", "pk")
    named = rows.annotate(whom=key("pk"), whose=key("arm_id"), facts=key("contact__record_id"))
    table = list(named.values_list("whom", "whose", "cluster", "segment", "facts"))
    ids, arms, clusters, segments, records = zip(*table, strict=True) if table else [()] * 5
    mails: Any = Message.objects.filter(campaign=campaign, sent_at__isnull=False).order_by()
    went = mails.annotate(whom=key("enrolment_id")).values_list("whom").annotate(at=Min("sent_at"), count=Count("pk"))
    sent = {whose: Sent(at, count) for whose, at, count in went}
    happened = first_times(of_metric(campaign, metric))
    return Enrolled(ids, arms, clusters, segments, records, sent, happened)


def of_metric(campaign: Campaign, metric: Metric) -> QuerySet[Event]:
    """What people did that a metric counts."""
    events = human_events(campaign, KINDS[metric])
    return events.filter(reply__meaning__in=POSITIVE) if metric == Metric.POSITIVE_REPLY else events


def first_times(events: QuerySet[Event]) -> dict[str, datetime]:
    """When each contact first did something."""
    told: Any = events.order_by().annotate(whom=key("enrolment_id"))
    return dict(told.values_list("whom").annotate(at=Min("occurred_at")))


def contacts_by_arm(events: QuerySet[Event]) -> dict[str, int]:
    """How many contacts of each arm the events are about."""
    told: Any = events.order_by().annotate(whom=key("enrolment__arm_id"))
    return dict(told.values_list("whom").annotate(contacts=Count("enrolment", distinct=True)))


def key(name: str) -> Any:
    """A column of ids as text: equal to itself in every query of one database."""
    return Cast(F(name), CharField(max_length=36))


def text_of(pk: UUID) -> str:
    """One id as the database writes it: without dashes where it has no type for it."""
    return str(pk) if connection.features.has_native_uuid_field else pk.hex
