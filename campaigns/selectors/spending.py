"""What a campaign spent on each contact it assigned: its share of paid calls, of people's time, and what came back.

A draft that serves several contacts of a company is shared out among them evenly. Calls count whether or not their
draft was ever sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Q, Sum

from campaigns.experiments.costs import Spent
from campaigns.experiments.units import Units
from campaigns.models import Campaign, Enrolment, Message, WriteOrder
from campaigns.selectors.outcomes import human_events
from campaigns.states import EventKind, MessageState
from generation.models import Call, GenerationJob
from generation.states import CallState
from review.models import Decision

MINUTE_S = 60
Draft = tuple[UUID, UUID]


def of(campaign: Campaign, units: Units, enrolments: Sequence[UUID]) -> Spent:
    """Costs beside the units; six queries, whatever the size.

    Args:
        campaign: The campaign.
        units: Its columns.
        enrolments: Id of each unit, in the units' order.
    """
    usd, tokens = _calls(campaign)
    minutes = _minutes(campaign)
    mails = Message.objects.filter(campaign=campaign, state=MessageState.SENT).order_by()
    sent: dict[UUID, int] = dict(mails.values_list("enrolment_id").annotate(count=Count("pk")))
    told = human_events(campaign, EventKind.REPLIED).order_by()
    replied = set(told.values_list("enrolment_id", flat=True))
    shares = _shared_out(campaign, usd) if usd else {}
    names = {arm.pk: arm.name for arm in campaign.arms.all()}

    def column(values: dict[UUID, Any]) -> Any:
        return np.array([values.get(pk, 0) for pk in enrolments], dtype=np.float64)

    return Spent(
        arms=units.arms,
        arm=units.arm,
        cluster=units.cluster,
        model_usd=column(shares),
        minutes=column(minutes),
        mails=column(sent),
        replies=np.array([pk in replied for pk in enrolments], dtype=np.float64),
        tokens={names[arm]: each for arm, each in tokens.items()},
    )


def _calls(campaign: Campaign) -> tuple[dict[Draft, float], dict[UUID, tuple[float, float]]]:
    """US dollars by arm and record, where any were paid, and mean tokens in and out of an answered call by arm."""
    own = dict(WriteOrder.objects.filter(campaign=campaign).values_list("order_id", "arm_id"))
    again = GenerationJob.objects.filter(repeats__in=own).values_list("pk", "repeats_id")
    arm_of = own | {pk: own[repeats] for pk, repeats in again if repeats is not None}
    calls = Call.objects.filter(generation_job__in=arm_of).order_by()
    paid: dict[Draft, float] = defaultdict(float)
    rows: Any = calls.filter(cost_usd__gt=0).values_list("generation_job_id", "record_id").annotate(usd=Sum("cost_usd"))
    for order, record, usd in rows:
        paid[arm_of[order], record] += float(usd)
    answered = Q(state=CallState.ANSWERED)
    sums: dict[UUID, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    totals: Any = calls.filter(answered).values_list("generation_job_id").annotate(
        given=Sum("input_tokens"), answered=Sum("output_tokens"), count=Count("pk")
    )  # fmt: skip
    for order, *values in totals:
        sums[arm_of[order]] = [had + (new or 0) for had, new in zip(sums[arm_of[order]], values, strict=True)]
    tokens = {arm: (given / count, said / count) for arm, (given, said, count) in sums.items() if count}
    return paid, tokens


def _shared_out(campaign: Campaign, usd: dict[Draft, float]) -> dict[UUID, float]:
    people: dict[Draft, list[UUID]] = defaultdict(list)
    rows: Any = Enrolment.objects.filter(campaign=campaign, contact__record__isnull=False).order_by()
    for pk, arm, record in rows.values_list("pk", "arm_id", "contact__record_id"):
        people[arm, record].append(pk)
    return {pk: amount / len(people[draft]) for draft, amount in usd.items() for pk in people.get(draft, ())}


def _minutes(campaign: Campaign) -> dict[UUID, float]:
    """Minutes by contact, of decisions on drafts that came to a person."""
    drafts: Any = Message.objects.filter(campaign=campaign, needs_approval=True, candidate__isnull=False).order_by()
    decided = Decision.objects.filter(candidate__in=drafts.values("candidate_id")).order_by()
    seconds: dict[UUID, float] = dict(decided.values_list("candidate_id").annotate(seconds=Sum("seconds")))
    if not seconds:
        return {}
    people: dict[UUID, list[UUID]] = defaultdict(list)
    for candidate, enrolment in drafts.values_list("candidate_id", "enrolment_id"):
        people[candidate].append(enrolment)
    found: dict[UUID, float] = defaultdict(float)
    for candidate, spent_s in seconds.items():
        for enrolment in people[candidate]:
            found[enrolment] += spent_s / MINUTE_S / len(people[candidate])
    return found
