"""Which break-evens a change of prices moves, for the preview of prices: see `generation.pricing.effects.break_evens`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Sum
from django.urls import reverse

from generation.models import SpendDay, Teacher
from generation.pricing.effects import BreakEvenEffect, PriceChange
from generation.teachers.queries import Price
from review.models import Task
from serving.costs.figures import HOURS_PER_MONTH
from serving.costs.writers import OUTPUTS
from serving.promotions import queries
from training.costs.run_cost import known_prices, price_of

MILLION = Decimal(1_000_000)


def break_even_effects(changes: Sequence[PriceChange]) -> list[BreakEvenEffect]:
    """Break-evens of tasks that serve a miniature and asked one of these models, by the tokens of its calls there."""
    host = price_of("", known_prices())
    by_model = {change.key: change for change in changes if change.old is not None}
    tasks = {each.task_id: each.task for each in queries.current_promotions().select_related("task")}
    if host is None or not by_model or not tasks:
        return []
    teachers = {
        teacher.name: by_model[teacher.provider, teacher.model]
        for teacher in Teacher.objects.filter(provided_by="")
        if (teacher.provider, teacher.model) in by_model
    }
    days = SpendDay.objects.filter(order__task__in=list(tasks), order__purpose__in=OUTPUTS, teacher_name__in=teachers)
    sums = days.order_by().values_list("order__task", "teacher_name")
    rows = sums.annotate(calls=Sum("calls"), given=Sum("input_tokens"), answered=Sum("output_tokens"))
    effects = [
        _effect(tasks[task], name, teachers[name], calls, given, answered, host)
        for task, name, calls, given, answered in rows.order_by("order__task", "teacher_name")
        if calls
    ]
    return [effect for effect in effects if effect.old != effect.new]


def _effect(
    task: Task, name: str, change: PriceChange, calls: int, given: int, answered: int, host: Decimal
) -> BreakEvenEffect:
    old = _break_even(change.old, calls, given, answered, host) if change.old else None
    return BreakEvenEffect(
        f"{task.name}: a GPU of your own against {name}",
        reverse("serving:costs", args=[task.slug]),
        old,
        _break_even(change.new, calls, given, answered, host),
    )


def _break_even(price: Price, calls: int, given: int, answered: int, host: Decimal) -> int | None:
    """Outputs a month, at list price; None for a model that costs nothing."""
    usd = price.input_usd_per_million * given + price.output_usd_per_million * answered
    return math.ceil(host * HOURS_PER_MONTH * calls * MILLION / usd) if usd else None
