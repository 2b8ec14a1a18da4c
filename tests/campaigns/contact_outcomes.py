"""Outcomes of contacts, counted plainly: what the faster reading of `experiments.enrolments` is held to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min

from campaigns.events.outcomes import of_metric
from campaigns.models import Campaign, Enrolment, Message
from campaigns.states import Metric


@dataclass(frozen=True, slots=True)
class ContactOutcome:
    """One contact that was assigned.

    Attributes:
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


def of_contacts(campaign: Campaign, *, metric: Metric, horizon_days: int) -> list[ContactOutcome]:
    """One row for each contact that is mailed or was assigned to be, in the order of assignment.

    Three queries, joined here.

    Of a campaign with a holdout arm, whose contacts are told of apart, see `experiments.enrolments`.

    Args:
        horizon_days: Days after a contact's first mail in which it counts.
    """
    sent = Message.objects.filter(campaign=campaign, sent_at__isnull=False).order_by()
    first_sent: dict[UUID, datetime] = dict(sent.values_list("enrolment").annotate(at=Min("sent_at")))
    events = of_metric(campaign, metric).order_by()
    first_told: dict[UUID, datetime] = dict(events.values_list("enrolment").annotate(at=Min("occurred_at")))
    horizon = timedelta(days=horizon_days)
    rows = Enrolment.objects.filter(campaign=campaign).order_by("created_at", "pk")
    outcomes = []
    for pk, arm, cluster, segment in rows.values_list("pk", "arm_id", "cluster", "segment").iterator(chunk_size=5_000):
        went, happened = first_sent.get(pk), first_told.get(pk)
        counts = went is not None and happened is not None and happened <= went + horizon
        outcomes.append(ContactOutcome(pk, arm, cluster, segment, went, happened, int(counts)))
    return outcomes
