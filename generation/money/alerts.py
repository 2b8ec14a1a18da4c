"""Look at budgets when money has moved: warn once at four fifths, and pause what goes on beyond the limit.

Called inside the transaction that books the money. Mails leave after it commits; a mail that cannot be sent stops
nothing.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from generation.models import Budget, Order
from generation.money import budgets as selectors
from generation.money.budgets import BudgetStatus
from jobs.lifecycle import control
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.states import JobState
from members.models import Member
from review.models import Membership, Task
from review.states import Role
from webhooks.deliveries import publish

logger = logging.getLogger(__name__)


def check_spending(order: Order, more_usd: Decimal) -> None:
    """Warn of the budgets that an order has brought near their limit, its own first, and pause it where one is used up.

    The engine keeps within what the order holds; this is for limits that were lowered meanwhile, and for a provider
    that charged more than the worst case.

    Args:
        order: Whose money has moved; its row is locked.
    """
    spent_usd = selectors.spent_by(order)
    if selectors.is_near_limit(order, spent_usd) and not selectors.is_near_limit(order, spent_usd - more_usd):
        _warn_of_order_budget(order, spent_usd)
    for budget in selectors.covering(order.task):
        now = selectors.status_of(budget)
        if now.is_near:
            _warn(now, order)
        if now.is_used_up:
            _pause(now, order)


def _warn(now: BudgetStatus, order: Order) -> None:
    """Warn once a period: the process that writes the period first sends the warning."""
    news = Budget.objects.filter(pk=now.budget.pk).exclude(warned_for=now.period)
    if not news.update(warned_for=now.period, warned_at=timezone.now()):
        return
    task = now.budget.task
    data = {
        "budget": str(now.budget.pk),
        "scope": now.budget.scope,
        "period": now.period,
        "page": budgets_url(task),
        "spent_usd": str(now.spent_usd),
        "held_usd": str(now.held_usd),
        "limit_usd": str(now.budget.limit_usd),
    }
    key = f"{now.budget.pk}:{now.period}:{now.budget.limit_usd}"
    publish.publish("budget.warning", key=key, task_slug=task.slug if task else "", data=data)
    if order.job_id is not None:
        append_event(lock_job(order.job_id), "log", {"level": "warning", "message": warning_text(now)})
    transaction.on_commit(partial(_send_mail, warning_text(now), budgets_url(task), _recipients(task)))


def _warn_of_order_budget(order: Order, spent_usd: Decimal) -> None:
    data = {
        "scope": "order",
        "order": str(order.pk),
        "page": reverse("generation:detail", args=[order.pk]),
        "spent_usd": str(spent_usd),
        "limit_usd": str(order.max_cost_usd),
    }
    publish.publish("budget.warning", key=f"order:{order.pk}", task_slug=order.task.slug, data=data)
    if order.job_id is not None:
        text = f"${spent_usd:.2f} of this order's budget, ${order.max_cost_usd:.2f}, is spent."
        append_event(lock_job(order.job_id), "log", {"level": "warning", "message": text})


def _pause(now: BudgetStatus, order: Order) -> None:
    job = lock_job(order.job_id) if order.job_id is not None else None
    if job is None or job.state != JobState.RUNNING:
        return
    append_event(job, "log", {"level": "error", "message": f"Paused: nothing is left of {now.name}."})
    control.pause(job, by=None)


def warning_text(now: BudgetStatus) -> str:
    return f"${now.spent_usd:.2f} of {now.name}, ${now.budget.limit_usd}, is spent."


def budgets_url(task: Task | None) -> str:
    """Return the address of the page of budgets: the task's, or all."""
    return reverse("generation:task-budgets", args=[task.slug]) if task else reverse("generation:budgets")


def _recipients(task: Task | None) -> list[str]:
    members = Member.objects.filter(is_active=True).exclude(email="")
    if task is None:
        return list(members.filter(is_superuser=True).values_list("email", flat=True))
    leads = Membership.objects.filter(task=task, role=Role.LEAD).values("member")
    return list(members.filter(pk__in=leads).values_list("email", flat=True))


def _send_mail(text: str, page: str, readers: list[str]) -> None:
    if not readers or not settings.NOTICES_BY_MAIL:
        return
    body = f"{text}\n\nSee {settings.SITE_URL}{page}\n"
    try:
        send_mail("A budget is nearly used up", body, settings.NOTICES_FROM or None, readers)
    except Exception:
        # Providers raise what they like; page, webhook and the job's log say the same.
        logger.exception("The warning about a budget was not mailed")
