"""Everyone a campaign assigned, with the first mail to each and the first time what counts happened.

Read for a page over a hundred thousand events, and held by a test to a plainer count. Ids stay text as the database
writes them, because making UUIDs of them took longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import CharField, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from campaigns.events.outcomes import KINDS, of_metric
from campaigns.experiments.assignments import Assignments
from campaigns.models import Campaign, Enrolment, Event, Experiment, HoldoutOutcome, Message
from campaigns.states import STILL_TO_GO, MessageState, Metric, StepWriter

BY_MODEL = Q(step__writer=StepWriter.MODEL)


class FirstMail(NamedTuple):
    """Moment of a contact's first mail, how many went to it, and how many of them a model wrote."""

    first_at: datetime
    mails: int
    written: int


@dataclass(frozen=True)
class EnrolledContacts:
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
    sent: dict[str, FirstMail]
    happened: dict[str, datetime]


def enrolled_in(campaign: Campaign, metric: Metric) -> EnrolledContacts:
    """Return everyone in an arm; three queries."""
    rows: Any = Enrolment.objects.filter(campaign=campaign, arm__isnull=False).order_by("created_at", "pk")
    # The record its mails are written from: stages may have made one of its own.
    made = Message.objects.filter(enrolment=OuterRef("pk"), record__isnull=False).order_by("pk")
    rows = rows.annotate(source=Coalesce(Subquery(made.values("record_id")[:1]), F("contact__record_id")))
    named = rows.annotate(whom=key("pk"), whose=key("arm_id"), facts=key("source"))
    table = list(named.values_list("whom", "whose", "cluster", "segment", "facts"))
    ids, arms, clusters, segments, records = zip(*table, strict=True) if table else [()] * 5
    mails: Any = Message.objects.filter(campaign=campaign, sent_at__isnull=False).order_by()
    went = mails.annotate(whom=key("enrolment_id")).values_list("whom")
    went = went.annotate(at=Min("sent_at"), count=Count("pk"), written=Count("pk", filter=BY_MODEL))
    sent = {whose: FirstMail(*figures) for whose, *figures in went}
    happened = first_times(of_metric(campaign, metric)) | first_times(without_mail(campaign, metric))
    return EnrolledContacts(ids, arms, clusters, segments, records, sent, happened)


def without_mail(campaign: Campaign, metric: Metric) -> QuerySet[HoldoutOutcome]:
    """The same of contacts of a holdout arm, whose outcomes are told by contact."""
    return HoldoutOutcome.objects.filter(campaign=campaign, kind=KINDS[metric])


def first_times(events: QuerySet[Event] | QuerySet[HoldoutOutcome]) -> dict[str, datetime]:
    """Return the moment when each contact first did something."""
    by_contact: Any = events.order_by().annotate(whom=key("enrolment_id"))
    return dict(by_contact.values_list("whom").annotate(at=Min("occurred_at")))


def contacts_by_arm(events: QuerySet[Event]) -> dict[str, int]:
    """Count the contacts of each arm that the events are about."""
    by_arm: Any = events.order_by().annotate(whom=key("enrolment__arm_id"))
    return dict(by_arm.values_list("whom").annotate(contacts=Count("enrolment", distinct=True)))


def key(name: str) -> Any:
    """A column of ids as text: equal to itself in every query of one database."""
    return Cast(F(name), CharField(max_length=36))


def text_of(pk: UUID) -> str:
    """One id as the database writes it: without dashes where it has no type for it."""
    return str(pk) if connection.features.has_native_uuid_field else pk.hex


NEVER = float("inf")


def assignment_columns(experiment: Experiment, people: EnrolledContacts) -> Assignments:
    """The units of an experiment, in the order of assignment; empty before the launch."""
    arms = list(experiment.campaign.arms.all())
    places = {text_of(arm.pk): index for index, arm in enumerate(arms)}
    segments = sorted(set(people.segments))
    at_segment = {name: index for index, name in enumerate(segments)}
    return Assignments(
        arms=tuple(arm.name for arm in arms),
        segments=tuple(segments),
        arm=np.array([places[whose] for whose in people.arms], dtype=np.int64),
        cluster=np.array(list(_cluster_numbers(people)), dtype=np.int64),
        segment=np.array([at_segment[name] for name in people.segments], dtype=np.int64),
        ripe_at=np.array(list(_ripe(experiment, people)), dtype=np.float64),
        outcome=np.array(list(_counted(experiment, people)), dtype=np.float64),
    )


def _cluster_numbers(people: EnrolledContacts) -> Iterator[int]:
    """Number each company by its first contact. Its name stays here: it may be a person's address."""
    numbers: dict[tuple[str, str], int] = {}
    for arm, cluster in zip(people.arms, people.clusters, strict=True):
        yield numbers.setdefault((arm, cluster.casefold()), len(numbers))


def _counted(experiment: Experiment, people: EnrolledContacts) -> Iterator[bool]:
    horizon = timedelta(days=experiment.horizon_days)
    if has_holdout(experiment):
        yield from _counted_from_launch(experiment, people, horizon)
        return
    for pk in people.ids:
        happened = people.happened.get(pk)
        yield happened is not None and pk in people.sent and happened <= people.sent[pk].first_at + horizon


def has_holdout(experiment: Experiment) -> bool:
    """Tell whether an arm gets no mail; then every contact's horizon begins with the launch, as that arm's has to."""
    return any(arm.is_holdout for arm in experiment.campaign.arms.all())


def _counted_from_launch(experiment: Experiment, people: EnrolledContacts, horizon: timedelta) -> Iterator[bool]:
    launched = experiment.campaign.launched_at
    for pk in people.ids:
        happened = people.happened.get(pk)
        yield launched is not None and happened is not None and launched <= happened <= launched + horizon


def _ripe(experiment: Experiment, people: EnrolledContacts) -> Iterator[float]:
    """Yield when each outcome is complete, seconds of the epoch.

    A horizon begins with the first mail, or beside a holdout arm with the launch. Of a mail of unknown fate it begins
    when it was on the wire. Who will get none is ripe with the first that could be: what never comes cannot be waited
    for, and leaving them out would be a choice.
    """
    horizon_s = timedelta(days=experiment.horizon_days).total_seconds()
    launched = experiment.campaign.launched_at
    if has_holdout(experiment):
        yield from (NEVER if launched is None else launched.timestamp() + horizon_s for _ in people.ids)
        return
    unsent = _without_mail(experiment.campaign)
    for pk in people.ids:
        went = people.sent.get(pk)
        begins = went.first_at if went is not None else unsent.get(pk, launched)
        yield NEVER if begins is None else begins.timestamp() + horizon_s


def _without_mail(campaign: Campaign) -> dict[str, datetime | None]:
    """None while a mail may still go, or when a mail of unknown fate left."""
    sent = Message.objects.filter(enrolment=OuterRef("enrolment"), sent_at__isnull=False)
    open_states = (*STILL_TO_GO, MessageState.SENDING, MessageState.UNKNOWN)
    mails = Message.objects.filter(~Exists(sent), campaign=campaign, state__in=open_states).order_by()
    certain_from: dict[str, datetime | None] = {}
    states: Any = mails.annotate(key=key("enrolment_id")).values_list("key", "state", "sending_at")
    for pk, state, sending_at in states:
        if state != MessageState.UNKNOWN:
            certain_from[pk] = None
        else:
            certain_from.setdefault(pk, sending_at)
    return certain_from
