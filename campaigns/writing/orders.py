"""The orders for drafts that a campaign has set going: which there are, what they cost, and steering them together."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from campaigns.models import Campaign, Stage, StageOrder, StageRun, WriteOrder
from generation.models import Call, Order
from generation.states import CallState
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED, JobState
from web.errors import Refusal

ZERO = Decimal(0)


def of_step(campaign: Campaign, *, arm_id: UUID, step_id: UUID, branch: str = "") -> QuerySet[Order]:
    """Orders for one arm, step and branch, and those that ask again for calls of theirs in doubt."""
    own = WriteOrder.objects.filter(campaign=campaign, arm_id=arm_id, step_id=step_id, branch=branch).values("order_id")
    return Order.objects.filter(Q(pk__in=own) | Q(repeats__in=own)).select_related("job")


def arms_by_order(campaign: Campaign) -> dict[UUID, UUID]:
    """Return the arm of each order for drafts, those that ask again for calls in doubt among them."""
    own = dict(WriteOrder.objects.filter(campaign=campaign).values_list("order_id", "arm_id"))
    again = Order.objects.filter(repeats__in=own).values_list("pk", "repeats_id")
    return own | {pk: own[repeats] for pk, repeats in again if repeats is not None}


def of_campaign(campaign: Campaign) -> QuerySet[Order]:
    """All orders of a campaign, those of its stages among them, newest first."""
    own = WriteOrder.objects.filter(campaign=campaign).values("order_id")
    stages = StageOrder.objects.filter(campaign=campaign).values("order_id")
    mine = Q(pk__in=own) | Q(repeats__in=own) | Q(pk__in=stages) | Q(repeats__in=stages)
    return Order.objects.filter(mine).select_related("job", "teacher").order_by("-created_at")


def of_stage(campaign: Campaign, stage: Stage) -> QuerySet[Order]:
    """Orders for one stage of a campaign's mails, and those that ask again for calls of theirs in doubt."""
    own = StageOrder.objects.filter(campaign=campaign, stage=stage).values("order_id")
    return Order.objects.filter(Q(pk__in=own) | Q(repeats__in=own)).select_related("job")


def any_under_way(campaign: Campaign) -> bool:
    """Tell whether an order of the campaign has not ended: money it does not need comes back."""
    return of_campaign(campaign).exclude(job__state__in=FINISHED).exists()


def budget_left_usd(campaign: Campaign) -> Decimal:
    """Return the rest of the campaign's budget: neither spent, nor in doubt, nor promised to orders under way."""
    orders = of_campaign(campaign)
    ended = orders.filter(job__state__in=FINISHED).values("pk")
    calls = Call.objects.filter(order__in=ended)
    spent = calls.aggregate(usd=Sum("cost_usd", default=ZERO))["usd"]
    doubtful = calls.filter(state=CallState.UNCERTAIN).aggregate(usd=Sum("possible_cost_usd", default=ZERO))["usd"]
    under_way = orders.exclude(job__state__in=FINISHED).order_by()
    promised = under_way.aggregate(usd=Sum("max_cost_usd", default=ZERO))["usd"]
    left: Decimal = campaign.max_model_usd - spent - doubtful - promised
    return max(ZERO, left)


def pause(campaign: Campaign) -> None:
    """Bring orders under way to rest; what they have written stays."""
    for job in _jobs(campaign):
        _steer(control.pause, job)


def resume(campaign: Campaign) -> None:
    """Resume orders that have stopped.

    Raises:
        Refusal: 409, one of them is still coming to rest.
    """
    for job in _jobs(campaign):
        if job.state in (JobState.PAUSED, JobState.PAUSING):
            control.resume(job, by=None)


def cancel(campaign: Campaign) -> None:
    """End orders under way, and the reading of pages for its stages; what they have written stays, and is paid for."""
    for job in [*_jobs(campaign), *_readings(campaign)]:
        _steer(control.cancel, job)


def _readings(campaign: Campaign) -> list[Job]:
    sites = StageRun.objects.filter(message__campaign=campaign, site__isnull=False)
    jobs = Job.objects.filter(pk__in=sites.order_by().values("site__research__job"))
    return list(jobs.exclude(state__in=FINISHED).order_by("created_at", "pk"))


def _jobs(campaign: Campaign) -> list[Job]:
    return [order.job for order in of_campaign(campaign).exclude(job__state__in=FINISHED) if order.job is not None]


def _steer(verb: Callable[..., Job], job: Job) -> None:
    """Ignore an order that ended at this very moment: it needs no steering."""
    try:
        verb(job, by=None)
    except Refusal:
        return
