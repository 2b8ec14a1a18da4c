"""Spending of a campaign on each contact it assigned: its share of paid calls, of people's time, and what came back.

A draft that serves several contacts of a company is shared out among them evenly. Calls count whether or not their
draft was ever sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
from django.db.models import FloatField, Sum
from django.db.models.functions import Cast

from campaigns.events import outcomes
from campaigns.experiments import enrolments
from campaigns.experiments.arm_costs import ContactCosts
from campaigns.experiments.assignments import Assignments
from campaigns.experiments.enrolments import EnrolledContacts
from campaigns.models import Campaign, Message, StageRun
from campaigns.states import Metric
from campaigns.writing import orders
from generation.models import Call
from generation.money.daily_sums import CallSums, sums_by_order
from review.models import Decision

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
        replied = enrolments.first_times(outcomes.of_metric(campaign, Metric.REPLY))

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
    dear = calls.filter(cost_usd__gt=0).annotate(key=enrolments.key("record_id")).values_list("order_id", "key")
    for order, record, usd in dear.annotate(usd=Sum(Cast("cost_usd", FloatField()))):
        paid[enrolments.text_of(arm_of[order]), record] += usd
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
    by_contact = runs.annotate(whom=enrolments.key("message__enrolment_id")).values_list("whom")
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
    seconds_by_draft = (
        decided.annotate(key=enrolments.key("draft_id")).values_list("key").annotate(seconds=Sum("seconds"))
    )
    seconds: dict[str, float] = dict(seconds_by_draft)
    if not seconds:
        return {}
    sharing: dict[str, list[str]] = defaultdict(list)
    pairs = drafts.annotate(judged=enrolments.key("draft_id"), whose=enrolments.key("enrolment_id"))
    for draft, whose in pairs.values_list("judged", "whose"):
        sharing[draft].append(whose)
    minutes: dict[str, float] = defaultdict(float)
    for draft, spent_s in seconds.items():
        for whose in sharing[draft]:
            minutes[whose] += spent_s / MINUTE_S / len(sharing[draft])
    return minutes
