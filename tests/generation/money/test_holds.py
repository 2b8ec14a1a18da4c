"""What batches of orders that have ended may still cost stays held, to the cent, until they are taken in."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Budget, Order, Teacher
from generation.money import budgets as selectors
from generation.money import limits
from generation.orders import launch as orders_launch
from generation.states import BudgetScope
from jobs.contracts import EngineEvent
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from review.models import Source, Task
from tests.generation.money.tellings import take_in, told
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SCOPES = [BudgetScope.TASK_TOTAL, BudgetScope.TASK_MONTH, BudgetScope.INSTALLATION_MONTH]


@pytest.fixture
def launch(task: Task, source: Source, paid: Teacher, lead: Member) -> Callable[[str], Order]:
    return lambda usd: orders_launch.launch(
        orders_launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(usd))
    )


def batch(order: Order, state: str, usd: float) -> EngineEvent:
    payload = {
        "token": f"t-{order.pk}", "batch_id": "b-1", "state": state, "positions": [[0, 3]], "requests": 4, "done": 0,
        "possible_cost_usd": usd, "note": "", "prepared_at": time.time(),
    }  # fmt: skip
    return EngineEvent(seq=1, ts=time.time(), kind="batch", payload=payload)


def cancelled(order: Order, by: Member) -> Order:
    """With a batch at the provider that may still cost 75 cents."""
    take_in(order, batch(order, "submitted", 0.75))
    assert order.job is not None
    control.cancel(order.job, by=by)
    order.job.refresh_from_db()
    assert order.job.state == "cancelled"
    return order


@pytest.mark.parametrize("scope", SCOPES)
def test_a_second_order_is_refused_for_what_a_cancelled_one_s_batch_may_still_cost(
    scope: Any, task: Task, launch: Any, admin: Member, lead: Member
) -> None:
    covered = None if scope == BudgetScope.INSTALLATION_MONTH else task
    limits.set_limit(scope=scope, task=covered, limit_usd=Decimal(2), by=admin)
    cancelled(launch("2"), lead)

    with pytest.raises(Refusal) as refused:
        launch("1.26")
    launch("1.25")

    assert refused.value.code == "budget_used_up"
    assert "$1.25 is left" in refused.value.message
    assert "batches at providers hold $0.75" in refused.value.hint


def test_once_taken_in_what_was_done_is_spent_and_the_rest_is_free(task: Task, launch: Any, lead: Member) -> None:
    budget = limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(2), by=lead)
    order = cancelled(launch("2"), lead)
    closing = Job.objects.get(kind="generation-collect", subject_id=order.pk)
    held = selectors.status_of(budget)

    order.job = closing
    take_in(order, told(order, "draft", cost_usd=0.2), batch(order, "ended", 0))

    now = selectors.status_of(budget)
    assert (held.spent_usd, held.held_usd, held.left_usd) == (0, Decimal("0.75"), Decimal("1.25"))
    assert (now.spent_usd, now.held_usd, now.left_usd) == (Decimal("0.2"), 0, Decimal("1.8"))


def test_a_batch_that_never_began_gives_its_hold_back(task: Task, launch: Any, lead: Member) -> None:
    budget = limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(2), by=lead)
    order = cancelled(launch("2"), lead)

    take_in(order, batch(order, "dropped", 0))

    assert selectors.status_of(Budget.objects.get(pk=budget.pk)).left_usd == 2


@pytest.mark.slow
def test_the_order_s_page_and_the_ledger_show_what_is_held(
    launch: Any, lead: Member, stranger: Member, client: Client
) -> None:
    order = cancelled(launch("2"), lead)
    client.force_login(lead)

    page = client.get(reverse("generation:detail", args=[order.pk])).content.decode()
    ledger = client.get(reverse("generation:ledger")).content.decode()
    client.force_login(stranger)
    of_another = client.get(reverse("generation:ledger")).content.decode()

    assert "$0.75" in page.partition('data-figure="held"')[2][:200]
    assert "$0.75" in ledger.partition('data-figure="lying"')[2][:200]
    assert 'data-figure="lying"' not in of_another
