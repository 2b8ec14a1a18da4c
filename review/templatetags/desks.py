"""Desks of other rooms that a task's experts are wanted at."""

from __future__ import annotations

from django import template

from review.models import Task
from review.ports import DeskLink, desk_links

register = template.Library()


@register.simple_tag
def other_desks(task: Task) -> list[DeskLink]:
    """Links to them; none most of the time."""
    return [link for links in desk_links(task) for link in links]
