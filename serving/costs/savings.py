"""Savings of a task's miniatures this month, from the ledger's rows and the hours that serving was held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from generation.models import SpendDay
from generation.money.budgets import midnight, month_bounds, this_month
from generation.money.figures import CENT
from jobs.models import Job
from review.models import Task
from serving.costs.writers import OUTPUTS, WriterCost, miniatures_by_teacher_name, outputs_of, writer_costs
from serving.models import Usage
from training.costs import run_cost

KIND: Final = "serving"
INTERNAL: Final = "internal"


@dataclass(frozen=True)
class Savings:
    """Outputs of miniatures this month, and what they would have cost.

    Attributes:
        month: YYYY-MM, in the installation's time zone.
        calls: Calls in the ledger's rows of the month that name a miniature of the task.
        outputs: How many of them wrote an output; a call that failed saved nothing, a repaired answer is one.
        total_usd: What the ledger has for the task this month in all, for orders of outputs.
        reference: The paid writer that they are compared with; None where there is none.
        would_cost_usd: The outputs at the reference's cost per output, to the cent; None without a reference.
        gpu_usd: The task's share of what the serving host cost, by seconds of use, to the cent; None where no price of
            the host was entered, or its use was not measured.
        beside: Requests at `/v1` of the task's miniatures this month, which no ledger has; they are not counted.
    """

    month: str
    calls: int
    outputs: int
    paid_usd: Decimal
    total_usd: Decimal
    reference: WriterCost | None
    would_cost_usd: Decimal | None
    gpu_usd: Decimal | None
    beside: int

    @property
    def saved_usd(self) -> Decimal | None:
        """Return what was saved, the serving host subtracted; below 0 where the miniature was the dearer way."""
        if self.would_cost_usd is None or self.gpu_usd is None:
            return None
        return self.would_cost_usd - to_cents(self.paid_usd) - self.gpu_usd


def of_task(task: Task) -> Savings:
    """Return what was saved this month against the task's cheapest paid writer."""
    miniatures = miniatures_by_teacher_name(task)
    paid = [each for each in writer_costs(task) if each.name not in miniatures and each.usd and each.outputs]
    reference = min(paid, key=lambda each: each.per_output or 0, default=None)
    month = this_month()
    first, following = month_bounds(month)
    days = SpendDay.objects.filter(order__task=task, order__purpose__in=OUTPUTS, day__gte=first, day__lt=following)
    total = days.order_by().aggregate(usd=Sum("cost_usd"))["usd"]
    own = days.filter(teacher_name__in=list(miniatures)).order_by().aggregate(n=Sum("calls"), usd=Sum("cost_usd"))
    calls = own["n"] or 0
    written = outputs_of(task, since=midnight(first))
    outputs = sum(sum(written[name].values()) for name in miniatures if name in written)
    per_output = reference.per_output if reference else None
    usage = Usage.objects.filter(miniature__in=list(miniatures.values()), day__gte=first, day__lt=following)
    return Savings(
        month,
        calls,
        outputs,
        own["usd"] or Decimal(0),
        total or Decimal(0),
        reference,
        None if per_output is None else to_cents(per_output * outputs),
        _gpu_usd(set(miniatures.values()), calls, first, following),
        usage.exclude(token=INTERNAL).aggregate(n=Sum("requests"))["n"] or 0,
    )


def to_cents(usd: Decimal) -> Decimal:
    """An amount to the cent, halves up."""
    return usd.quantize(CENT, ROUND_HALF_UP)


def _gpu_usd(miniatures: Collection[UUID], calls: int, first: date, following: date) -> Decimal | None:
    used: Any = Usage.objects.filter(day__gte=first, day__lt=following).order_by().values_list("miniature")
    seconds = dict(used.annotate(s=Sum("seconds")))
    share = sum(seconds.get(each, 0.0) for each in miniatures)
    if not share:
        # Without a call nothing of the host is theirs; with calls, their use was not measured.
        return None if calls else Decimal(0)
    usd = held_usd(datetime.combine(first, time.min, tzinfo=UTC), timezone.now())
    if usd is None:
        return None
    return to_cents(usd * Decimal(str(share)) / Decimal(str(sum(seconds.values()))))


def held_usd(since: datetime, now: datetime) -> Decimal | None:
    """Cost of the hosts that serve from a time on; None where the price of one was never entered, or none was held."""
    by_job = run_cost.spans_of(list(Job.objects.filter(kind=KIND)), since=since, now=now)
    # Those that ended before have no time in it: the price of a host that is long gone hides nothing.
    spans = [span for spans in by_job.values() for span in spans if span.seconds > 0]
    return run_cost.held_usd(spans, run_cost.known_prices()) if spans else None
