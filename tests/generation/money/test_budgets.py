from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditRow
from generation.models import Budget, Order, ProviderBatch, SpendDay, Teacher
from generation.money import budgets as selectors
from generation.money import limits
from generation.orders import launch as orders_launch
from generation.orders import run_spec
from generation.states import BudgetScope
from jobs.lifecycle import control
from jobs.models import Job, JobEvent
from members.models import Member
from review.models import Source, Task
from tests.generation.money.tellings import take_in, told
from web.errors import Refusal
from webhooks.models import WebhookEvent

MONTH, TOTAL, INSTALLATION = BudgetScope.TASK_MONTH, BudgetScope.TASK_TOTAL, BudgetScope.INSTALLATION_MONTH


@pytest.fixture
def budget(task: Task, lead: Member) -> Budget:
    return limits.set_limit(scope=TOTAL, task=task, limit_usd=Decimal(2), by=lead)


@pytest.fixture
def launch(task: Task, source: Source, paid: Teacher, lead: Member) -> Any:
    def make(usd: str = "1") -> Order:
        return orders_launch.launch(
            orders_launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(usd))
        )

    return make


def ended(order: Order, state: str = "succeeded") -> None:
    Job.objects.filter(pk=order.job_id).update(state=state)


def test_an_order_holds_its_limit_and_the_next_has_what_is_left(budget: Budget, launch: Any) -> None:
    launch("1.50")

    with pytest.raises(Refusal) as refused:
        launch("0.60")
    launch("0.50")

    assert refused.value.code == "budget_used_up"
    assert "$0.50 is left" in refused.value.message
    assert "Lower the order's budget to $0.50" in refused.value.hint
    assert selectors.status_of(budget).left_usd == 0


def test_what_an_order_did_not_use_is_free_once_its_job_has_ended(budget: Budget, launch: Any) -> None:
    order = launch("2")
    take_in(order, told(order, "draft", cost_usd=0.25))

    ended(order)

    now = selectors.status_of(budget)
    assert (now.spent_usd, now.held_usd, now.left_usd) == (Decimal("0.25"), 0, Decimal("1.75"))


def test_a_paused_order_keeps_what_it_holds(budget: Budget, launch: Any, lead: Member) -> None:
    order = launch("2")

    control.pause(order.job, by=lead)

    assert selectors.status_of(budget).held_usd == 2


def test_money_spent_and_held_is_not_counted_twice(budget: Budget, launch: Any) -> None:
    order = launch("1")

    take_in(order, told(order, "draft", cost_usd=0.4))

    now = selectors.status_of(budget)
    assert (now.spent_usd, now.held_usd, now.left_usd) == (Decimal("0.4"), Decimal("0.6"), Decimal(1))


def test_a_month_begins_anew_but_a_budget_in_all_does_not(
    budget: Budget, task: Task, lead: Member, launch: Any
) -> None:
    monthly = limits.set_limit(scope=MONTH, task=task, limit_usd=Decimal(2), by=lead)
    order = launch("1")
    take_in(order, told(order, "draft", cost_usd=0.4))
    ended(order)
    SpendDay.objects.update(day=date(2020, 2, 29))

    assert selectors.status_of(monthly).spent_usd == 0
    assert selectors.status_of(budget).spent_usd == Decimal("0.4")


def test_the_installations_budget_covers_every_task(task: Task, admin: Member, launch: Any) -> None:
    limits.set_limit(scope=INSTALLATION, task=None, limit_usd=Decimal("0.50"), by=admin)

    with pytest.raises(Refusal, match="the installation's budget"):
        launch("1")


def test_a_free_order_needs_no_budget(
    budget: Budget, task: Task, source: Source, offline: Teacher, lead: Member
) -> None:
    Budget.objects.update(limit_usd=Decimal("0.01"))

    assert orders_launch.launch(orders_launch.OrderRequest(task, teacher=offline, count=2, by=lead)).reserved_usd == 0


def test_the_engine_may_spend_what_budgets_leave_and_no_more(budget: Budget, launch: Any, lead: Member) -> None:
    order = launch("1")
    take_in(order, told(order, "draft", cost_usd=0.25))
    ended(order, "failed")
    other = launch("1.50")

    order.job.refresh_from_db()
    spec = run_spec.build(order.job)

    # 2 in all, 1.50 held by the other: 0.50 in all for this one, of which 0.25 is spent.
    assert spec["budget_usd"] == pytest.approx(0.50)
    order.refresh_from_db()
    assert order.reserved_usd + other.reserved_usd == budget.limit_usd


def test_a_failed_order_is_not_resumed_where_nothing_is_left(budget: Budget, launch: Any, lead: Member) -> None:
    order = launch("1")
    ended(order, "failed")
    launch("2")

    with pytest.raises(Refusal, match="Nothing is left"):
        control.resume(Job.objects.get(pk=order.job_id), by=lead)

    assert Job.objects.get(pk=order.job_id).state == "failed"


def test_at_four_fifths_those_it_concerns_are_told_once(
    budget: Budget,
    launch: Any,
    lead: Member,
    settings: Any,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.NOTICES_BY_MAIL = True
    Member.objects.filter(pk=lead.pk).update(email="lea@example.org")
    order = launch("2")
    Order.objects.update(max_cost_usd=Decimal(50))
    with django_capture_on_commit_callbacks(execute=True):
        take_in(order, told(order, "draft", 1, cost_usd=1.59))
        assert not mailoutbox

    with django_capture_on_commit_callbacks(execute=True):
        take_in(order, told(order, "draft", 2, cost_usd=0.02))
        take_in(order, told(order, "draft", 3, cost_usd=0.02))

    [mail] = mailoutbox
    assert mail.to == ["lea@example.org"]
    assert "$1.61" in mail.body
    [event] = WebhookEvent.objects.filter(kind="budget.warning")
    assert (event.task_slug, event.data["limit_usd"]) == ("outreach", "2.00")
    assert JobEvent.objects.filter(job=order.job_id, kind="log", payload__level="warning").count() == 1


@pytest.mark.slow
def test_an_order_warns_once_at_four_fifths_of_its_own_budget(launch: Any, lead: Member, as_member: Any) -> None:
    order = launch("2")
    Job.objects.filter(pk=order.job_id).update(state="running")
    page = reverse("generation:detail", args=[order.pk])

    take_in(order, told(order, "draft", 1, cost_usd=1.5))
    before = as_member(lead).get(page).content.decode()
    take_in(order, told(order, "draft", 2, cost_usd=0.1))
    take_in(order, told(order, "draft", 3, cost_usd=0.1))

    [event] = WebhookEvent.objects.filter(kind="budget.warning")
    assert (event.data["scope"], event.data["spent_usd"], event.task_slug) == ("order", "1.600000", "outreach")
    [log] = JobEvent.objects.filter(job=order.job_id, kind="log", payload__level="warning")
    assert "$1.60 of this order's budget" in log.payload["message"]
    assert "Four fifths" not in before
    assert "Four fifths of this order" in as_member(lead).get(page).content.decode()


def test_an_order_beyond_a_lowered_budget_is_paused(budget: Budget, launch: Any, task: Task, lead: Member) -> None:
    order = launch("2")
    Job.objects.filter(pk=order.job_id).update(state="running")
    limits.set_limit(scope=TOTAL, task=task, limit_usd=Decimal("0.50"), by=lead)

    take_in(order, told(order, "draft", cost_usd=0.6))

    assert Job.objects.get(pk=order.job_id).state == "pausing"


@pytest.mark.parametrize(
    ("scope", "of_task", "usd"),
    [(TOTAL, False, "1"), (INSTALLATION, True, "1"), (TOTAL, True, "0"), (TOTAL, True, "1.005"), (TOTAL, True, "1e9")],
)
def test_a_budget_that_cannot_be_is_refused(task: Task, admin: Member, scope: Any, of_task: bool, usd: str) -> None:
    with pytest.raises(Refusal) as refused:
        limits.set_limit(scope=scope, task=task if of_task else None, limit_usd=Decimal(usd), by=admin)

    assert refused.value.code == "budget_invalid"


def test_leads_set_their_tasks_budgets_and_admins_the_installations(
    task: Task, lead: Member, viewer: Member, admin: Member
) -> None:
    with pytest.raises(PermissionDenied):
        limits.set_limit(scope=INSTALLATION, task=None, limit_usd=Decimal(1), by=lead)
    with pytest.raises(PermissionDenied):
        limits.set_limit(scope=TOTAL, task=task, limit_usd=Decimal(1), by=viewer)

    mine = limits.set_limit(scope=TOTAL, task=task, limit_usd=Decimal(1), by=lead)
    same = limits.set_limit(scope=TOTAL, task=task, limit_usd=Decimal(3), by=admin)
    assert mine.pk == same.pk

    limits.remove_limit(same, by=lead)

    assert list(AuditRow.objects.filter(act__startswith="budget").values_list("act", flat=True).order_by("pk")) == [
        "budget_set", "budget_set", "budget_removed",
    ]  # fmt: skip


def test_a_month_ends_where_the_installation_stands(settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"

    assert selectors.month_bounds("2026-12") == (date(2026, 12, 1), date(2027, 1, 1))
    with timezone.override("Pacific/Auckland"):
        assert selectors.this_month() == f"{timezone.localdate():%Y-%m}"


def lying(order: Order, usd: str) -> None:
    ProviderBatch.objects.create(
        order=order, token=f"t-{order.pk}", state="submitted", possible_cost_usd=Decimal(usd),
        prepared_at=timezone.now(),
    )  # fmt: skip


def test_a_cancelled_order_holds_what_lies_at_the_provider(budget: Budget, launch: Any) -> None:
    order = launch("2")
    lying(order, "0.75")

    ended(order, "cancelled")

    assert selectors.status_of(budget).held_usd == Decimal("0.75")


def test_what_lies_at_a_provider_is_taken_in_though_nothing_is_left(budget: Budget, launch: Any, lead: Member) -> None:
    order = launch("1")
    lying(order, "0.75")
    ended(order, "failed")
    Budget.objects.update(limit_usd=Decimal("0.01"))

    control.resume(Job.objects.get(pk=order.job_id), by=lead)

    order.refresh_from_db()
    assert order.reserved_usd == Decimal("0.75")
