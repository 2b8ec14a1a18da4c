"""Port for the tasks that a member leads, installed by the room with tasks. This room knows only their slugs."""

from __future__ import annotations

from members.models import Member
from web.ports import Port


def _no_tasks(member: Member) -> list[tuple[str, str]]:
    return []


# (slug, name) of each task the member leads.
led_tasks = Port(_no_tasks)
