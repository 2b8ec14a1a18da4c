"""Where the room that has tasks says which of them a member leads; this room knows slugs alone."""

from __future__ import annotations

from collections.abc import Callable

from members.models import Member

# (slug, name) of each task the member leads.
LedTasks = Callable[[Member], list[tuple[str, str]]]


def no_tasks(member: Member) -> list[tuple[str, str]]:
    """Default: no member leads a task."""
    return []


led_tasks: LedTasks = no_tasks


def set_led_tasks(answer: LedTasks) -> None:
    """Let the room that knows roles answer."""
    global led_tasks
    led_tasks = answer
