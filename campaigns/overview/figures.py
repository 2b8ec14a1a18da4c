"""Progress and results of a campaign's mails: by step, and by arm with its cost.

Totals are read from mails and events, never kept beside them; an event that a machine caused counts for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from campaigns.events.outcomes import COUNTS_AS, by_people, corrected_since
from campaigns.models import Arm, Campaign, Enrolment, Event, Message, StageRun, Step
from campaigns.states import CampaignState, EventKind, MessageState, ReplyClass, StepCondition
from campaigns.writing import orders
from generation.models import Call
from generation.money.daily_sums import CallSums, sums_by_order
from review.models import Decision
from web.caching import slow_figures
from web.caching.slow_figures import Figures

M = MessageState
UNDERWAY = (M.PREPARING, M.PLANNED, M.WRITING, M.WRITTEN, M.APPROVED, M.SENDING)
# What a mail has been through by the time it is in a state, for figures that only ever shrink along the way.
HAVE_WORDS = frozenset({M.WRITTEN, M.AWAITING, M.APPROVED, M.SENDING, M.SENT, M.REJECTED, M.UNKNOWN})
WERE_APPROVED = frozenset({M.APPROVED, M.SENDING, M.SENT, M.UNKNOWN})
COUNTED = (EventKind.BOUNCED, EventKind.OPENED, EventKind.CLICKED, EventKind.REPLIED, EventKind.UNSUBSCRIBED)
MINUTE_S = 60


def counted(campaign: Campaign) -> Figures[tuple[list[StepFigures], list[ArmFigures]]]:
    """Steps and arms of a campaign; of a large one as they were counted a while ago.

    A draft, whose parts change, counts anew.
    """
    if campaign.state == CampaignState.PLANNED:
        return Figures((steps(campaign), arms(campaign)))
    key = f"campaign:{campaign.pk}:{campaign.state}"
    return slow_figures.figures(
        key, lambda: (steps(campaign), arms(campaign)), is_void=partial(corrected_since, [campaign.pk])
    )


@dataclass(frozen=True)
class StepFigures:
    """Progress of the mails of one step. Each of the first figures is a part of the one before."""

    step: Step
    planned: int
    written: int
    approved: int
    sent: int
    states: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    @property
    def condition(self) -> str:
        condition = StepCondition(self.step.when).label
        labels = [ReplyClass(name).label for name in self.step.reply_classes or ()]
        return f"{condition}: {' or '.join(labels)}" if labels else condition

    @property
    def awaiting(self) -> int:
        return self.states.get(M.AWAITING, 0)

    @property
    def underway(self) -> int:
        return sum(self.states.get(state, 0) for state in UNDERWAY)


def steps(campaign: Campaign) -> list[StepFigures]:
    """The funnel of each step; people for events, mails for all else."""
    states: dict[UUID, dict[str, int]] = defaultdict(dict)
    mails = Message.objects.filter(campaign=campaign).order_by()
    for step_id, state, count in mails.values_list("step_id", "state").annotate(count=Count("pk")):
        states[step_id][state] = count
    events: dict[UUID, dict[str, int]] = defaultdict(dict)
    event_rows = human_events([campaign.pk], COUNTED).values_list("message__step_id", COUNTS_AS)
    for step_id, kind, people in event_rows.annotate(people=Count("enrolment", distinct=True)):
        events[step_id][kind] = people
    return [_step(step, states[step.pk], events[step.pk]) for step in campaign.steps.all()]


def _step(step: Step, states: dict[str, int], events: dict[str, int]) -> StepFigures:
    def count(of: frozenset[MessageState]) -> int:
        return sum(states.get(state, 0) for state in of)

    return StepFigures(
        step, sum(states.values()), count(HAVE_WORDS), count(WERE_APPROVED), states.get(M.SENT, 0), states, events
    )


@dataclass(frozen=True)
class ArmFigures:
    """Results of an arm. Shares are of the people who were sent a mail; `None` where none was."""

    arm: Arm
    contacts: int
    clusters: int
    sent: int
    events: dict[str, int]
    drafts: int
    cost_usd: Decimal
    latency_s: float | None
    person_s: float

    @property
    def shares(self) -> list[tuple[str, int, float | None]]:
        return [
            (kind.value, count, count / self.sent if self.sent else None)
            for kind, count in ((kind, self.events.get(kind, 0)) for kind in COUNTED if kind != EventKind.OPENED)
        ]

    @property
    def person_minutes(self) -> float:
        return self.person_s / MINUTE_S


def arms(campaign: Campaign) -> list[ArmFigures]:
    """Each arm with its people, what they did, and what its drafts cost in money, seconds and people's time."""
    people = Enrolment.objects.filter(campaign=campaign).order_by()
    clusters = people.values_list("arm_id").annotate(count=Count("cluster", distinct=True))
    sent = Message.objects.filter(campaign=campaign, state=M.SENT).order_by()
    reached = dict(sent.values_list("arm_id").annotate(count=Count("enrolment", distinct=True)))
    contacts, companies = counts_by(people, "arm_id"), dict(clusters)
    events: dict[UUID, dict[str, int]] = defaultdict(dict)
    event_rows = human_events([campaign.pk], COUNTED).values_list("enrolment__arm_id", COUNTS_AS)
    for arm_id, kind, count in event_rows.annotate(count=Count("enrolment", distinct=True)):
        events[arm_id][kind] = count
    rows = list(campaign.arms.select_related("teacher", "miniature", "pipeline__pipeline").order_by("position"))
    costs = _costs(campaign, rows)
    seconds = _person_seconds(campaign)
    return [
        ArmFigures(
            arm,
            contacts.get(arm.pk, 0),
            companies.get(arm.pk, 0),
            reached.get(arm.pk, 0),
            events[arm.pk],
            *costs.get(arm.pk, (0, Decimal(0), None)),
            person_s=seconds.get(arm.pk, 0.0),
        )
        for arm in rows
    ]


def _costs(campaign: Campaign, arms: Sequence[Arm]) -> dict[UUID, tuple[int, Decimal, float | None]]:
    """Drafts, US dollars with what its stages asked for, and mean seconds of an answer, by arm."""
    costs = _writing_costs(campaign)
    if any(arm.pipeline_id for arm in arms):
        runs = StageRun.objects.filter(message__campaign=campaign).order_by().values_list("message__arm")
        for arm_id, usd in runs.annotate(usd=Sum("cost_usd")):
            drafts, cost, seconds = costs.get(arm_id, (0, Decimal(0), None))
            costs[arm_id] = (drafts, cost + usd, seconds)
    return costs


def _writing_costs(campaign: Campaign) -> dict[UUID, tuple[int, Decimal, float | None]]:
    arm_of = orders.arms_by_order(campaign)
    sums: dict[UUID, CallSums] = defaultdict(CallSums)
    for order, made in sums_by_order(Call.objects.filter(order__in=arm_of)).items():
        sums[arm_of[order]] += made
    return {
        arm: (made.answers, made.cost_usd, made.answer_s / made.answers if made.answers else None)
        for arm, made in sums.items()
    }


def _person_seconds(campaign: Campaign) -> dict[UUID, float]:
    """Seconds by arm; a draft that serves two people is counted once."""
    drafts = Message.objects.filter(campaign=campaign, needs_approval=True, draft__isnull=False).order_by()
    arm_of: dict[Any, Any] = dict(drafts.values_list("draft_id", "arm_id").distinct())
    draft_ids = drafts.values("draft_id")
    rows = Decision.objects.filter(draft__in=draft_ids).order_by().values_list("draft_id")
    sums: dict[UUID, float] = defaultdict(float)
    for draft_id, seconds in rows.annotate(seconds=Sum("seconds")):
        sums[arm_of[draft_id]] += seconds
    return sums


def human_events(campaigns: Sequence[UUID], kinds: Sequence[EventKind]) -> QuerySet[Event]:
    """Events of some kinds that people caused, unordered."""
    return by_people(Event.objects.filter(campaign__in=campaigns), *kinds).order_by()


def counts_by(rows: QuerySet[Any], name: str) -> dict[Any, int]:
    """Count the rows by the value of a column."""
    return dict(rows.order_by().values_list(name).annotate(count=Count("pk")))
