from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Budget, Order, Teacher
from generation.money import limits
from generation.states import BudgetScope
from members.models import Member
from review.models import Source, Task
from tests.generation.money.tellings import take_in, told

Browse = Callable[[Member], Client]


@pytest.fixture
def budget(task: Task, lead: Member) -> Budget:
    return limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(1), by=lead)


def test_a_lead_sets_and_removes_a_budget_of_the_task(task: Task, lead: Member, as_member: Browse) -> None:
    address = reverse("generation:task-budgets", args=[task.slug])
    client = as_member(lead)

    client.post(address, {"scope": "task-month", "limit_usd": "12.50"})

    [made] = Budget.objects.all()
    assert (made.scope, made.limit_usd, made.task) == ("task-month", Decimal("12.50"), task)
    assert "$12.50" in client.get(address).content.decode()
    client.post(reverse("generation:budget-remove", args=[made.pk]))
    assert not Budget.objects.exists()


def test_a_budget_that_cannot_be_stays_in_the_form(task: Task, lead: Member, as_member: Browse) -> None:
    answer = as_member(lead).post(
        reverse("generation:task-budgets", args=[task.slug]), {"scope": "task-month", "limit_usd": "0"}
    )

    assert answer.status_code == 400
    assert not Budget.objects.exists()


def test_an_order_beyond_the_budget_is_refused_on_the_page_with_what_is_left(
    budget: Budget, task: Task, source: Source, paid: Teacher, lead: Member, as_member: Browse
) -> None:
    answer = as_member(lead).post(
        reverse("generation:list", args=[task.slug]), {"teacher": paid.slug, "count": 4, "max_cost_usd": "1.50"}
    )

    assert answer.status_code == 409
    assert "$1.00 is left" in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.slow
def test_pages_of_the_task_say_that_a_budget_is_nearly_used_up(
    budget: Budget, paid_order: Order, task: Task, lead: Member, as_member: Browse
) -> None:
    page = reverse("review:task", args=[task.slug])
    assert b"nearly" not in as_member(lead).get(page).content
    assert b"is spent" not in as_member(lead).get(page).content

    take_in(paid_order, told(paid_order, "draft", cost_usd=0.85))

    assert "$0.85 of the budget of the task" in as_member(lead).get(page).content.decode()


def test_the_api_sets_reads_and_removes(task: Task, lead: Member, viewer: Member, as_member: Browse) -> None:
    client = as_member(lead)
    body = {"scope": "task-total", "task": task.slug, "limit_usd": "5.00"}

    made = client.post("/api/v1/budgets/", body, content_type="application/json")

    assert made.status_code == 200, made.content
    assert (made.json()["left_usd"], made.json()["task"]) == ("5.000000", "outreach")
    assert as_member(viewer).get("/api/v1/budgets/").json()["results"] == [made.json()]
    assert as_member(viewer).post("/api/v1/budgets/", body, content_type="application/json").status_code == 403
    assert client.delete(f"/api/v1/budgets/{made.json()['id']}/").status_code == 204
    assert not Budget.objects.exists()


@pytest.mark.parametrize("name", ["ledger", "budgets", "prices"])
def test_pages_of_money_lie_below_teachers(name: str, lead: Member, as_member: Browse) -> None:
    body = as_member(lead).get(reverse(f"generation:{name}")).content.decode()

    assert ">Teachers<" in body.partition('aria-label="Where you are"')[2].partition("</nav>")[0]
