"""Questions about budgets: which cover a task, what is spent of each, what orders under way hold, and what is left.

What is spent includes what uncertain calls may have cost. A month is one of the installation's time zone. Nothing here
locks: `generation.money.limits` does, where the answer decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.http import Http404
from django.utils import timezone

from generation.models import Budget, Order, ProviderBatch, SpendDay
from generation.money.figures import millionths
from generation.states import BatchState, BudgetScope
from jobs.states import FINISHED
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import may, tasks_for

WARN_AT = Decimal("0.8")
ALL_TIME = "all"
AT_PROVIDER = (BatchState.PREPARING, BatchState.SUBMITTED)


@dataclass(frozen=True)
class BudgetStatus:
    """State of a budget.

    Attributes:
        period: The month as YYYY-MM, or "all".
        spent_usd: What calls have cost in it, or may have cost.
        held_usd: What orders that have not ended may still spend.
    """

    budget: Budget
    period: str
    spent_usd: Decimal
    held_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        return max(Decimal(0), self.budget.limit_usd - self.spent_usd - self.held_usd)

    @property
    def share(self) -> float:
        return float(self.spent_usd / self.budget.limit_usd) if self.budget.limit_usd else 1.0

    @property
    def is_near(self) -> bool:
        return self.spent_usd >= self.budget.limit_usd * WARN_AT

    @property
    def is_used_up(self) -> bool:
        return self.spent_usd >= self.budget.limit_usd

    @property
    def name(self) -> str:
        if self.budget.task is None:
            return f"the installation's budget for {self.period}"
        if self.budget.scope == BudgetScope.TASK_TOTAL:
            return f"the budget of the task '{self.budget.task.name}'"
        return f"the budget of the task '{self.budget.task.name}' for {self.period}"


def covering(task: Task) -> QuerySet[Budget]:
    """Budgets that an order of this task is paid from: the installation's, and the task's own."""
    return Budget.objects.filter(Q(task__isnull=True) | Q(task=task)).select_related("task").order_by("pk")


def status_of(budget: Budget, *, without: Order | None = None) -> BudgetStatus:
    """Return the state of a budget now; three queries.

    Args:
        without: An order whose own hold does not count, because it is being decided again.
    """
    # First what is held, then what is spent: money that moves from one to the other in between counts twice, never not
    # at all.
    held = _held(budget, without)
    period, days = _period(budget)
    spent = days.aggregate(cost=Sum("cost_usd"), possible=Sum("possible_usd"))
    return BudgetStatus(budget, period, millionths(spent["cost"]) + millionths(spent["possible"]), held)


def held_in_batches_usd(orders: Q) -> Decimal:
    """Return what batches at providers may still cost, of the orders this describes (by `order__`)."""
    at_provider = ProviderBatch.objects.filter(orders, state__in=AT_PROVIDER).aggregate(usd=Sum("possible_cost_usd"))
    return millionths(at_provider["usd"])


def statuses_of(budgets: Sequence[Budget]) -> list[BudgetStatus]:
    return [status_of(budget) for budget in budgets]


def spent_by(order: Order) -> Decimal:
    """Return what an order has cost so far, or may have cost."""
    spent = SpendDay.objects.filter(order=order).aggregate(cost=Sum("cost_usd"), possible=Sum("possible_usd"))
    return millionths(spent["cost"]) + millionths(spent["possible"])


def is_near_limit(order: Order, spent_usd: Decimal) -> bool:
    """Tell whether four fifths of an order's own budget are spent; never of a single call's, which may take it all."""
    return bool(order.max_cost_usd) and order.count > 1 and spent_usd >= (order.max_cost_usd or 0) * WARN_AT


def spent_share(order: Order, spent_usd: Decimal) -> float | None:
    """Return the share of an order's own budget that is spent; None for one without, or for a single call."""
    return float(spent_usd / order.max_cost_usd) if order.max_cost_usd and order.count > 1 else None


def visible(member: Member, *, task: Task | None = None) -> list[Budget]:
    """Budgets the member may see: the installation's, and those of their tasks, or of one of them."""
    tasks = tasks_for(member) if task is None else Task.objects.filter(pk=task.pk)
    rows = Budget.objects.filter(Q(task__isnull=True) | Q(task__in=tasks)).select_related("task", "created_by")
    return list(rows.order_by(F("task__name").asc(nulls_first=True), "scope"))


def budget_or_404(member: Member, budget_id: UUID) -> Budget:
    """Return one budget by its id.

    Raises:
        Http404: No such budget, or of a task the member may not see.
    """
    budget = Budget.objects.select_related("task").filter(pk=budget_id).first()
    if budget is None or (budget.task is not None and not tasks_for(member).filter(pk=budget.task.pk).exists()):
        raise Http404("There is no such budget that you can see.")
    return budget


def may_set(member: Member, task: Task | None) -> bool:
    """Return whether the member may set and remove budgets: an admin any, a lead those of the task."""
    return member.may_administer if task is None else may(member, task, Role.LEAD)


def warned_budgets(task: Task) -> list[BudgetStatus]:
    """Budgets of a task that the warning was given for in the period that lasts; where there are none, one question."""
    month = this_month()
    warned = covering(task).filter(warned_for__in=(month, ALL_TIME))
    return [each for each in statuses_of(list(warned)) if each.is_near]


def this_month() -> str:
    """The month that lasts, YYYY-MM, in the installation's time zone."""
    return f"{timezone.localdate():%Y-%m}"


def month_bounds(text: str) -> tuple[date, date]:
    """First day of a month written YYYY-MM, and of the next.

    Raises:
        ValueError: It is no month.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text) is None:
        raise ValueError(f"{text!r} is not a month YYYY-MM.")
    year, month = (int(part) for part in text.split("-"))
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def midnight(day: date) -> datetime:
    """Return the beginning of a day in the installation's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _period(budget: Budget) -> tuple[str, QuerySet[SpendDay]]:
    days = SpendDay.objects.all()
    if budget.task_id is not None:
        days = days.filter(order__task_id=budget.task_id)
    if budget.scope == BudgetScope.TASK_TOTAL:
        return ALL_TIME, days
    month = this_month()
    first, following = month_bounds(month)
    return month, days.filter(day__gte=first, day__lt=following)


def _held(budget: Budget, without: Order | None) -> Decimal:
    """Sum what unfinished orders may still spend, each by what it holds and has spent."""
    orders = Order.objects.exclude(job__state__in=FINISHED).filter(
        Q(reserved_usd__gt=0) | Q(max_cost_usd__gt=0), job__isnull=False
    )
    if budget.task_id is not None:
        orders = orders.filter(task_id=budget.task_id)
    if without is not None:
        orders = orders.exclude(pk=without.pk)
    rows = orders.order_by().annotate(cost=Sum("spend_days__cost_usd"), possible=Sum("spend_days__possible_usd"))
    # A cancelled or failed order has none to send, but what lies at a provider may still be done there, and paid.
    ended = Q(order__job__state__in=FINISHED)
    if budget.task_id is not None:
        ended &= Q(order__task_id=budget.task_id)
    if without is not None:
        ended &= ~Q(order=without)
    total = held_in_batches_usd(ended)
    for reserved, cost, possible in rows.values_list("reserved_usd", "cost", "possible"):
        total += max(Decimal(0), reserved - millionths(cost) - millionths(possible))
    return total
