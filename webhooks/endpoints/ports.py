"""Port for the tasks that a member leads, installed by the room with tasks. This room knows only their slugs."""

from __future__ import annotations

from members.models import Member
from web.ports import Port

# (slug, name) of each task the member leads.
led_tasks: Port[[Member], list[tuple[str, str]]] = Port(lambda member: [])
