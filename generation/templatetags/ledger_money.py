"""Money as books show it, and warnings.

Budgets have theirs on a task's pages, models that are shut down wherever they are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context

from generation.models import Teacher
from generation.money import budgets as queries
from generation.teachers import shutdowns
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


@register.inclusion_tag("generation/_shutdowns.html", takes_context=True)
def shutdown_notes(context: Context) -> dict[str, Any]:
    """Warning of models shut down within 90 days, or already, on every page of a teacher, an order or a campaign."""
    named = [context.get(name) for name in ("teacher", "order", "campaign") if context.get(name)]
    return {"notices": shutdowns.of_subjects(named)}


@register.inclusion_tag("generation/_shutdowns.html")
def shutdown_notes_of(teachers: Iterable[Teacher]) -> dict[str, Any]:
    """The same for a list of teachers."""
    return {"notices": shutdowns.of_teachers(teachers)}
