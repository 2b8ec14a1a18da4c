"""Orders launched at once, on either database: no two of them together may pass a budget."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from generation.models import Order, Teacher
from generation.money import budgets as selectors
from generation.money import limits
from generation.orders import launch as orders_launch
from generation.states import BudgetScope
from members.models import Member
from review.models import Source, Task
from tests.at_once import at_once
from tests.generation.money.tellings import take_in, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_twenty_launches_at_once_never_pass_a_budget(
    task: Task, source: Source, paid: Teacher, lead: Member, admin: Member
) -> None:
    limits.set_limit(scope=BudgetScope.TASK_MONTH, task=task, limit_usd=Decimal("1.75"), by=lead)
    limits.set_limit(scope=BudgetScope.INSTALLATION_MONTH, task=None, limit_usd=Decimal(5), by=admin)

    def launch() -> None:
        orders_launch.launch(
            orders_launch.OrderRequest(task, teacher=paid, count=2, by=lead, max_cost_usd=Decimal("0.25"))
        )

    ends = at_once(*[launch] * 20, may_refuse=True)

    assert Counter(ends) == {"budget_used_up": 13, None: 7}
    assert Order.objects.aggregate(usd=Sum("reserved_usd"))["usd"] == Decimal("1.75")


def test_money_that_moves_while_others_launch_is_never_free(
    task: Task, source: Source, paid: Teacher, lead: Member
) -> None:
    budget = limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(2), by=lead)
    first = orders_launch.launch(
        orders_launch.OrderRequest(task, teacher=paid, count=6, by=lead, max_cost_usd=Decimal(1))
    )

    def spend(n: int) -> Any:
        return lambda: take_in(first, told(first, "draft", n, cost_usd=0.1))

    def launch() -> None:
        orders_launch.launch(
            orders_launch.OrderRequest(task, teacher=paid, count=2, by=lead, max_cost_usd=Decimal("0.25"))
        )

    ends = at_once(
        *[spend(1), launch, spend(2), launch, launch, spend(3), launch, launch, spend(4), launch], may_refuse=True
    )

    now = selectors.status_of(budget)
    assert len([end for end in ends if isinstance(end, str)]) == 2
    assert now.spent_usd + now.held_usd == 2
