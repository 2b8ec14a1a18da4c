"""Costs of calls in the books: corrections, sums of a day, budgets."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.models.orders import Call, Order
from generation.states import BudgetScope, Way
from review.models import Task


class CallCorrection(models.Model):
    """Correction of a call's cost by an admin: from what, to what, why. The database only adds rows; sums move."""

    id = models.BigAutoField(primary_key=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="corrections")
    was_usd = models.DecimalField(max_digits=12, decimal_places=6)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"${self.was_usd} to ${self.cost_usd}"


class SpendDay(models.Model):
    """Spending of one order on one day with one teacher: the sum of its calls, kept so that pages need no scan.

    Written in the transaction that writes the calls, by `generation.money.daily_sums`; the calls are what counts.
    """

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="spend_days")
    day = models.DateField()
    teacher_name = models.CharField(max_length=120)
    way = models.CharField(max_length=5, choices=Way.choices)
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    possible_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)

    class Meta:
        ordering = ["day", "id"]
        constraints = [models.UniqueConstraint(fields=["order", "day", "teacher_name", "way"], name="one_sum_a_day")]
        indexes = [models.Index(fields=["day", "order"], name="spend_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.teacher_name}: ${self.cost_usd}"


class Budget(models.Model):
    """The most to be spent on calls: by the installation in a month, by a task in a month, or by a task in all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=20, choices=BudgetScope.choices)
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    limit_usd = models.DecimalField(max_digits=12, decimal_places=2)
    # The month (YYYY-MM), or "all", that the warning was given for: once for each.
    warned_for = models.CharField(max_length=7, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope"], condition=models.Q(task__isnull=True), name="one_budget_of_the_installation"
            ),
            models.UniqueConstraint(
                fields=["task", "scope"], condition=models.Q(task__isnull=False), name="one_budget_a_task_and_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: ${self.limit_usd}"


class HourlyRate(models.Model):
    """Price of an hour of the people who review a task's drafts, as a lead set it; without a row the setting counts."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="hourly_rate")
    usd_per_hour = models.DecimalField(max_digits=10, decimal_places=2)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["task"]

    def __str__(self) -> str:
        return f"${self.usd_per_hour} an hour"
