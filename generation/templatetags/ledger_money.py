"""Money as books show it, and the warning of budgets on a task's pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from generation.budgets import queries
from review.models import Task

register = template.Library()


@register.filter
def exact(value: Decimal) -> str:
    """An amount to the millionth, as a book holds it: points stand below each other, and lines add up as they stand."""
    return f"{value:,.6f}"


@register.inclusion_tag("generation/_budget_banner.html")
def budget_banner(task: Task) -> dict[str, Any]:
    """The warning where four fifths of a budget of this task are spent; nothing otherwise, and on pages of no task."""
    return {"standings": queries.warned_budgets(task) if isinstance(task, Task) else []}
