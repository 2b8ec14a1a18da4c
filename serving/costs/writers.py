"""Costs of a task's outputs by who wrote them, from the ledger and the calls; and what a person took to review them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
from django.db.models import Count, Sum

from generation.models import Call, SpendDay, Teacher
from generation.money.figures import millionths, per_thousand, time_usd
from generation.states import CallState, Purpose
from review.models import Decision, Task
from serving.promotions.teachers import ROOM
from stats.intervals import cost_ratios
from training.models import Miniature

# Calls that write outputs of the task; questions beside drafts are of another length.
OUTPUTS: Final = (Purpose.DESK, Purpose.EVALUATION, Purpose.CAMPAIGN)


@dataclass(frozen=True)
class WriterCost:
    """Cost of a teacher's outputs of a task, of all time.

    Attributes:
        name: As in the ledger.
        outputs: Answers that came; a flawed one and its repair are one.
        usd: The ledger's cost of its orders for outputs, with failures.
        low_usd: Lower end of the 95 % interval of the cost per output, clustered by order; None from one order.
        high_usd: Upper end; None too where no bound can be told.
    """

    name: str
    outputs: int
    usd: Decimal
    low_usd: float | None = None
    high_usd: float | None = None

    @property
    def per_output(self) -> Decimal | None:
        return self.usd / self.outputs if self.outputs else None

    @property
    def per_thousand(self) -> Decimal | None:
        return per_thousand(self.usd, self.outputs)


@dataclass(frozen=True)
class Reviewing:
    """Time that people took to review a task's drafts one by one; verdicts in bulk and imported ones took none.

    Attributes:
        reviews: By how many people each, summed: a verdict that was given again is of the same review.
    """

    drafts: int
    reviews: int
    seconds: float

    def usd_per_thousand(self, usd_per_hour: Decimal) -> Decimal | None:
        """US dollars for reviewing 1,000 outputs, each once; None where nothing was reviewed."""
        return per_thousand(time_usd(self.seconds, usd_per_hour), self.reviews)


def miniatures_by_teacher_name(task: Task) -> dict[str, UUID]:
    """Miniatures of a task by the names under which the ledger has them."""
    own = {f"{ROOM}:{pk}": pk for pk in Miniature.objects.filter(task=task).values_list("pk", flat=True)}
    teachers = Teacher.objects.filter(provided_by__in=list(own)).values_list("name", "provided_by")
    return {name: own[key] for name, key in teachers}


def writer_costs(task: Task) -> list[WriterCost]:
    """Return what each writer of a task's outputs cost, the one with most outputs first; two questions."""
    spent: dict[str, dict[UUID, Decimal]] = defaultdict(dict)
    days = SpendDay.objects.filter(order__task=task, order__purpose__in=OUTPUTS).order_by()
    for name, order, usd in days.values_list("teacher_name", "order").annotate(usd=Sum("cost_usd")):
        spent[name][order] = millionths(usd)
    counted = outputs_of(task)
    writers = [_writer(name, spent[name], counted[name]) for name in {*spent, *counted}]
    return sorted(writers, key=lambda each: (-each.outputs, each.name))


def outputs_of(task: Task, *, since: datetime | None = None) -> dict[str, dict[UUID, int]]:
    """Return how many outputs of a task each writer wrote, by order: calls that were answered.

    Of a flawed answer and its repair at most one counts as answered.

    Args:
        since: Only of calls that were first heard of then or later.
    """
    answered = Call.objects.filter(order__task=task, order__purpose__in=OUTPUTS, state=CallState.ANSWERED)
    if since is not None:
        answered = answered.filter(created_at__gte=since)
    counted: dict[str, dict[UUID, int]] = defaultdict(dict)
    rows = answered.order_by().values_list("teacher_name", "order__teacher_spec__name", "order")
    for name, own_name, order, count in rows.annotate(n=Count("pk")):
        by_order = counted[name or own_name]
        by_order[order] = by_order.get(order, 0) + count
    return counted


def _writer(name: str, spent: dict[UUID, Decimal], counts: dict[UUID, int]) -> WriterCost:
    orders = sorted({*spent, *counts}, key=str)
    usd = sum(spent.values(), Decimal(0))
    outputs = sum(counts.values())
    if len(orders) < 2 or not outputs or not usd:
        return WriterCost(name, outputs, usd)
    ratio = cost_ratios.ratio(
        np.array([float(spent.get(order, 0)) for order in orders]),
        np.array([float(counts.get(order, 0)) for order in orders]),
    )
    high = ratio.interval.high
    return WriterCost(name, outputs, usd, ratio.interval.low, high if np.isfinite(high) else None)


def reviewing(task: Task) -> Reviewing:
    own = Decision.objects.filter(task=task, imported_from=None, bulk=None, seconds__gt=0).order_by()
    sums = own.aggregate(drafts=Count("draft", distinct=True), seconds=Sum("seconds"))
    reviews = own.values("draft", "reviewer").distinct().count()
    return Reviewing(sums["drafts"], reviews, float(sums["seconds"] or 0))
