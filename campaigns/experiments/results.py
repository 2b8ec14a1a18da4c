"""Results of an experiment so far: the answer of its columns, with counts, costs and what is missing beside it.

One reading of the rows for everything, so that all parts speak of the same moment. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone

from campaigns.events import outcomes
from campaigns.experiments import arm_costs, enrolments
from campaigns.experiments.arm_costs import ContactCosts
from campaigns.experiments.assignments import Assignments, csv_lines
from campaigns.experiments.conclusion import RegisteredTerms, conclude
from campaigns.experiments.design import ExperimentRequest
from campaigns.experiments.enrolments import EnrolledContacts
from campaigns.experiments.winner import winner_of
from campaigns.models import Campaign, Event, Experiment, Message, Reply
from campaigns.states import CampaignState, Claim, EventKind, MessageState, Metric, ReplyClass, StopReason


@dataclass(frozen=True)
class ExperimentSnapshot:
    """Columns of an experiment at a moment, and the contacts in them."""

    experiment: Experiment
    units: Assignments
    people: EnrolledContacts
    terms: RegisteredTerms
    at: datetime


def snapshot(experiment: Experiment, *, at: datetime | None = None) -> ExperimentSnapshot:
    people = enrolments.enrolled_in(experiment.campaign, Metric(experiment.metric))
    columns = enrolments.assignment_columns(experiment, people)
    return ExperimentSnapshot(experiment, columns, people, terms_of(experiment), at or timezone.now())


def request_of(experiment: Experiment) -> ExperimentRequest:
    values = {each.name: getattr(experiment, each.name) for each in fields(ExperimentRequest)}
    return ExperimentRequest(**values | {"claim": Claim(experiment.claim), "metric": Metric(experiment.metric)})


def terms_of(experiment: Experiment) -> RegisteredTerms:
    arms = list(experiment.campaign.arms.all())
    control = next((arm.name for arm in arms if arm.is_control), arms[0].name if arms else "")
    return RegisteredTerms(
        request_of(experiment), control, tuple(arm.weight for arm in arms), is_ended_early(experiment)
    )


def is_ended_early(experiment: Experiment) -> bool:
    """Tell whether the campaign was ended while first mails had still to go."""
    if experiment.campaign.state != CampaignState.ENDED:
        return False
    cut = Message.objects.filter(campaign=experiment.campaign, step__number=1, stop_reason=StopReason.ENDED)
    return cut.exists()


def result(
    experiment: Experiment, *, at: datetime | None = None, person_usd_per_hour: float | None = None
) -> dict[str, Any]:
    """Everything a page shows, as JSON can hold it; a recorded look keeps exactly this.

    Args:
        experiment: Registered, its campaign launched.
        person_usd_per_hour: What an hour of the people who approve costs; the setting's by default.
    """
    reading = snapshot(experiment, at=at)
    answer = conclude(reading.units, reading.terms, at=reading.at)
    winner = winner_of(experiment, answer)
    spent = enrolments.contact_costs(
        experiment.campaign, reading.units, reading.people, metric=Metric(experiment.metric)
    )
    return {
        "experiment": experiment.slug,
        "registration_sha256": experiment.registration_sha256,
        **answer,
        "winner": winner and winner.as_data(),
        "arms": _arms(reading),
        "missing": missing(reading),
        "costs": _costs(spent, reading.terms.level, person_usd_per_hour),
    }


def csv_of(experiment: Experiment) -> Iterator[str]:
    """Its contacts as CSV, without a person in it."""
    reading = snapshot(experiment)
    people = reading.people
    sent = (people.sent[pk].first_at if pk in people.sent else None for pk in people.ids)
    return csv_lines(reading.units, people.ids, sent, at=reading.at)


def _arms(reading: ExperimentSnapshot) -> list[dict[str, Any]]:
    campaign, units, people = reading.experiment.campaign, reading.units, reading.people
    clusters = units.clusters().counts()
    went = np.array([pk in people.sent for pk in people.ids], dtype=bool)
    counts = {name: enrolments.contacts_by_arm(events) for name, events in _events(campaign).items()}
    return [
        {
            "name": arm.name,
            "is_control": arm.is_control,
            "is_holdout": arm.is_holdout,
            "weight": arm.weight,
            "assigned": int((units.arm == index).sum()),
            "clusters": clusters[index],
            "sent": int(went[units.arm == index].sum()),
            **{name: count_of_arm.get(enrolments.text_of(arm.pk), 0) for name, count_of_arm in counts.items()},
        }
        for index, arm in enumerate(campaign.arms.all())
    ]


def _events(campaign: Campaign) -> dict[str, QuerySet[Event]]:
    return {
        "bounced": outcomes.human_events(campaign, EventKind.BOUNCED),
        "replied": outcomes.of_metric(campaign, Metric.REPLY),
        "positive": outcomes.of_metric(campaign, Metric.POSITIVE_REPLY),
        "clicked": outcomes.of_metric(campaign, Metric.CLICK),
        "unsubscribed": outcomes.of_metric(campaign, Metric.UNSUBSCRIBE),
        "complained": outcomes.human_events(campaign, EventKind.COMPLAINED),
    }


def missing(reading: ExperimentSnapshot) -> dict[str, Any]:
    """Contacts whose outcome is not complete, or rests on a mail of unknown fate, or who were never mailed."""
    ripe_at, at_s = reading.units.ripe_at, reading.at.timestamp()
    states = Message.objects.filter(campaign=reading.experiment.campaign, step__number=1)
    not_sent = states.filter(state__in=(MessageState.REJECTED, MessageState.FAILED, MessageState.STOPPED))
    finite = ripe_at[np.isfinite(ripe_at)]
    last = datetime.fromtimestamp(float(finite.max()), tz=reading.at.tzinfo) if len(finite) else None
    return {
        "waiting": int((~np.isfinite(ripe_at)).sum()),
        "not_at_horizon": int(((ripe_at > at_s) & np.isfinite(ripe_at)).sum()),
        "unknown": states.filter(state=MessageState.UNKNOWN).count(),
        "never_mailed": not_sent.count(),
        "complete_at": last.isoformat() if last and len(finite) == reading.units.n else None,
    }


def _costs(contact_costs: ContactCosts, level: float, person_usd_per_hour: float | None) -> dict[str, Any]:
    usd_per_hour = settings.PERSON_USD_PER_HOUR if person_usd_per_hour is None else person_usd_per_hour
    lines = arm_costs.costs_by_arm(contact_costs, usd_per_hour=usd_per_hour, level=level)
    return {
        "person_usd_per_hour": usd_per_hour,
        "arms": [{**_finite(asdict(line)), "tokens": contact_costs.tokens.get(line.name)} for line in lines],
    }


def _finite(value: object) -> Any:
    """JSON has no infinity: a bound that cannot be told is null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


@dataclass(frozen=True, slots=True)
class TruthOfReplies:
    """A meaning of simulated replies: its share as they were made, and its share and number as they were sorted."""

    label: str
    made: float
    found: float
    count: int


def meanings(experiment: Experiment) -> list[TruthOfReplies]:
    """Return what replies were made to mean beside how they were sorted; empty where nothing was registered."""
    made: dict[str, float] = experiment.simulated_truth.get("meanings", {})
    if not made:
        return []
    answers = outcomes.human_events(experiment.campaign, EventKind.REPLIED).order_by()
    replies = Reply.objects.filter(event__in=answers.values("pk")).order_by()
    counts = dict(replies.values_list("meaning").annotate(count=Count("pk")))
    whole = sum(counts.values()) or 1
    return [
        TruthOfReplies(each.label, made[each], counts.get(each, 0) / whole, counts.get(each, 0))
        for each in ReplyClass
        if each in made
    ]
