"""Set budgets, and have orders hold what they may cost, so that no two of them together pass one.

An order holds its own limit when it is launched, and what is left when a new attempt at it begins; the engine is told
no more than that. The hold is decided with the rows of the budgets locked; what was not used is free once the job has
ended.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from audit import trail
from generation.models import Budget, Order
from generation.money import budgets as selectors
from generation.money.budgets import BudgetStatus
from generation.money.figures import CENT
from generation.states import BudgetScope
from jobs.models import Job
from members import session
from members.models import Member
from review.models import Task
from web.errors import Refusal

LARGEST_USD = Decimal(10_000_000)


@transaction.atomic
def set_limit(*, scope: BudgetScope, task: Task | None, limit_usd: Decimal, by: Member) -> Budget:
    """Set a budget, new or known. Orders under way keep what they hold, and are paused once it is used up.

    Args:
        task: Whose; None for the installation's.
        by: An admin, or a lead of the task.

    Raises:
        PermissionDenied: The member may not.
        Refusal: `budget_invalid` with errors by field.
    """
    _require_admin_or_lead(by, task)
    errors: dict[str, list[str]] = {}
    if (scope == BudgetScope.INSTALLATION_MONTH) != (task is None):
        errors["scope"] = ["Of a task: each month or in all. Of the installation: each month."]
    if not CENT <= limit_usd <= LARGEST_USD or limit_usd != limit_usd.quantize(CENT):
        errors["limit_usd"] = [f"US dollars and whole cents, from 0.01 to {LARGEST_USD:,}."]
    if errors:
        raise Refusal("budget_invalid", "This budget cannot be set as it is.", errors=errors)
    values = {"limit_usd": limit_usd, "warned_for": "", "warned_at": None}
    budget, _ = Budget.objects.update_or_create(
        scope=scope, task=task, defaults=values, create_defaults={**values, "created_by": by}
    )
    trail.record(
        "budget_set", by=by, about=budget, scope=str(scope), task=task.slug if task else None, limit_usd=str(limit_usd)
    )
    return budget


@transaction.atomic
def remove_limit(budget: Budget, *, by: Member) -> None:
    """Take a budget away; nothing is limited by it any more.

    Raises:
        PermissionDenied: The member may not.
    """
    _require_admin_or_lead(by, budget.task)
    trail.record(
        "budget_removed", by=by, about=budget, scope=budget.scope, task=budget.task.slug if budget.task else None
    )
    budget.delete()


def hold_all(task: Task, max_cost_usd: Decimal | None) -> Decimal:
    """Hold a new order's whole limit, 0 where it is free, inside the caller's transaction, which must write the order.

    Raises:
        Refusal: `budget_used_up`, with what is left.
    """
    if not max_cost_usd:
        return Decimal(0)
    tightest = _tightest(task)
    if tightest is not None and max_cost_usd > tightest.left_usd:
        raise _over_limit(tightest, max_cost_usd)
    return max_cost_usd


@transaction.atomic
def hold_again(order: Order) -> Decimal | None:
    """Have an order hold what it may still spend, as a new attempt at it begins.

    Returns:
        What it may cost in all, what it has spent included; None is no limit, for an order that costs nothing.

    Raises:
        Refusal: `budget_used_up`, nothing is left for it.
    """
    if order.max_cost_usd is None:
        return None
    # The order before the budgets, as everybody does who locks both.
    order = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("task").get(pk=order.pk)
    tightest = _tightest(order.task, without=order)
    spent = selectors.spent_by(order)
    may_cost = order.max_cost_usd or Decimal(0)
    if tightest is not None:
        # What lies at a provider is under way whatever is left: it is taken in, and nothing is asked beside it.
        left = max(tightest.left_usd, selectors.held_in_batches_usd(Q(order=order)))
        if may_cost > spent and left <= 0:
            raise _nothing_left(tightest)
        may_cost = min(may_cost, spent + left)
    Order.objects.filter(pk=order.pk).update(reserved_usd=may_cost)
    return may_cost


def hold_resumed(job: Job) -> None:
    """Have the order of a job that is resumed hold its money before it waits for a worker.

    Raises:
        Refusal: `budget_used_up`, nothing is left for it.
    """
    order = Order.objects.filter(job=job).first()
    if order is not None:
        hold_again(order)


def _tightest(task: Task, *, without: Order | None = None) -> BudgetStatus | None:
    """Lock the rows of all budgets that cover a task, and return the status with the least left."""
    locked = selectors.covering(task).select_for_update(of=("self",))
    statuses = [selectors.status_of(budget, without=without) for budget in locked]
    return min(statuses, key=lambda each: each.left_usd, default=None)


def _require_admin_or_lead(by: Member, task: Task | None) -> None:
    if task is None:
        session.require_admin(by, "Only an admin may set this budget.")
    elif not selectors.may_set(by, task):
        raise PermissionDenied("Only a lead of the task may set this budget.")


def _over_limit(tightest: BudgetStatus, max_cost_usd: Decimal) -> Refusal:
    left = tightest.left_usd.quantize(CENT, rounding=ROUND_DOWN)
    message = f"Of {tightest.name} ${left} is left, and this order may cost ${max_cost_usd.normalize():f}."
    mend = (
        f"Lower the order's budget to ${left} or less"
        if left
        else "Wait for orders under way and batches at providers to end"
    )
    hint = f"{mend}, or have the budget raised under Budgets. {_left_in_words(tightest)}"
    return Refusal("budget_used_up", message, hint=hint, status=409, errors={"max_cost_usd": [message]})


def _nothing_left(tightest: BudgetStatus) -> Refusal:
    message = f"Nothing is left of {tightest.name}."
    return Refusal(
        "budget_used_up",
        message,
        hint=f"Have it raised under Budgets, then resume. {_left_in_words(tightest)}",
        status=409,
    )


def _left_in_words(tightest: BudgetStatus) -> str:
    spent, held = tightest.spent_usd.quantize(CENT), tightest.held_usd.quantize(CENT)
    return (
        f"Of ${tightest.budget.limit_usd} ${spent} is spent, "
        f"and orders under way and batches at providers hold ${held}."
    )
