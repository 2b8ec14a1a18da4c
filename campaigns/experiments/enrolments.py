"""Everyone a campaign assigned, the first mail to each, the first time what counts happened, and spending on each.

A draft that serves several contacts of a company is shared out among them evenly. Calls count whether or not their
draft was ever sent.

Read for a page over a hundred thousand events, and held by a test to a plainer count. Ids stay text as the database
writes them, because making UUIDs of them took longer than everything else together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import CharField, Count, Exists, F, FloatField, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from campaigns.events import outcomes
from campaigns.events.outcomes import KINDS, of_metric
from campaigns.experiments.arm_costs import ContactCosts
from campaigns.experiments.assignments import Assignments
from campaigns.models import Campaign, Enrolment, Event, Experiment, HoldoutOutcome, Message, StageRun
from campaigns.states import STILL_TO_GO, MessageState, Metric, StepWriter
from campaigns.writing import orders
from generation.models import Call
from generation.money.daily_sums import CallSums, sums_by_order
from review.models import Decision

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


MINUTE_S = 60
# The arm and the record of a draft, as text.
DraftKey = tuple[str, str]


def contact_costs(campaign: Campaign, units: Assignments, people: EnrolledContacts, *, metric: Metric) -> ContactCosts:
    """Costs beside the units; at most eight queries, whatever the size.

    Args:
        people: The contacts in them, in the same order.
        metric: What `people.happened` is about; replies are read again if it is another metric.
    """
    usd, tokens = _calls(campaign)
    minutes, shares = _minutes(campaign), _shared_out(people, usd)
    for pk, cost in _stage_costs(campaign).items():
        shares[pk] = shares.get(pk, 0.0) + cost
    replied = people.happened
    if metric != Metric.REPLY:
        replied = first_times(outcomes.of_metric(campaign, Metric.REPLY))

    def column(values: dict[str, Any]) -> Any:
        return np.array([values.get(pk, 0) for pk in people.ids], dtype=np.float64)

    return ContactCosts(
        arms=units.arms,
        arm=units.arm,
        cluster=units.cluster,
        model_usd=column(shares),
        minutes=column(minutes),
        mails=np.array([people.sent[pk].mails if pk in people.sent else 0 for pk in people.ids], dtype=np.float64),
        written=np.array([people.sent[pk].written if pk in people.sent else 0 for pk in people.ids], dtype=np.float64),
        replies=np.array([pk in replied for pk in people.ids], dtype=np.float64),
        tokens=tokens,
    )


def _calls(campaign: Campaign) -> tuple[dict[DraftKey, float], dict[str, tuple[float, float]]]:
    """US dollars by arm and record, where any were paid; mean tokens in and out of a draft, by arm's name.

    Answers without a shape were paid too: their tokens are those of the drafts that came.
    """
    arm_of, names = orders.arms_by_order(campaign), dict(campaign.arms.values_list("pk", "name"))
    paid: dict[DraftKey, float] = defaultdict(float)
    calls: Any = Call.objects.filter(order__in=list(arm_of)).order_by()
    dear = calls.filter(cost_usd__gt=0).annotate(key=key("record_id")).values_list("order_id", "key")
    for order, record, usd in dear.annotate(usd=Sum(Cast("cost_usd", FloatField()))):
        paid[text_of(arm_of[order]), record] += usd
    sums: dict[str, CallSums] = defaultdict(CallSums)
    for order, made in sums_by_order(calls).items():
        sums[names[arm_of[order]]] += made
    return paid, {
        name: (each.input_tokens / each.answers, each.output_tokens / each.answers)
        for name, each in sums.items()
        if each.answers
    }


def _stage_costs(campaign: Campaign) -> dict[str, float]:
    """US dollars by contact; an answer that several mails share counts for the first."""
    runs: Any = StageRun.objects.filter(message__campaign=campaign, cost_usd__gt=0).order_by()
    by_contact = runs.annotate(whom=key("message__enrolment_id")).values_list("whom")
    return dict(by_contact.annotate(usd=Sum(Cast("cost_usd", FloatField()))))


def _shared_out(people: EnrolledContacts, usd: dict[DraftKey, float]) -> dict[str, float]:
    drafts = list(zip(people.arms, people.records, strict=True))
    sharing = Counter(drafts)
    return {
        pk: usd[arm, record] / sharing[arm, record]
        for pk, (arm, record) in zip(people.ids, drafts, strict=True)
        if record is not None and (arm, record) in usd
    }


def _minutes(campaign: Campaign) -> dict[str, float]:
    """Minutes by contact, of decisions on drafts that came to a person."""
    drafts: Any = Message.objects.filter(campaign=campaign, needs_approval=True, draft__isnull=False).order_by()
    decided: Any = Decision.objects.filter(draft__in=drafts.values("draft_id")).order_by()
    seconds_by_draft = decided.annotate(key=key("draft_id")).values_list("key").annotate(seconds=Sum("seconds"))
    seconds: dict[str, float] = dict(seconds_by_draft)
    if not seconds:
        return {}
    sharing: dict[str, list[str]] = defaultdict(list)
    pairs = drafts.annotate(judged=key("draft_id"), whose=key("enrolment_id"))
    for draft, whose in pairs.values_list("judged", "whose"):
        sharing[draft].append(whose)
    minutes: dict[str, float] = defaultdict(float)
    for draft, spent_s in seconds.items():
        for whose in sharing[draft]:
            minutes[whose] += spent_s / MINUTE_S / len(sharing[draft])
    return minutes
