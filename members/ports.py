"""Ports through which the rooms with tasks report a member's roles and react when one is deactivated."""

from __future__ import annotations

from typing import Protocol

from members.models import Member
from web.ports import Listeners, Port

Roles = list[dict[str, str]]  # [{"task": slug, "role": role}]


class Teams(Protocol):
    """Interface to members' roles in tasks, implemented outside this room."""

    def roles_of(self, member: Member) -> Roles:
        """The member's role in each task they belong to, by the task's name."""
        ...

    def led_by(self, member: Member) -> dict[str, str]:
        """Tasks in which the member may give roles: name by slug, in the order of names."""
        ...

    def leads_any(self, member: Member) -> bool:
        """Return whether the member may give roles in any task."""
        ...

    def roles(self) -> dict[str, str]:
        """The roles there are: label by role, the smallest first."""
        ...

    def give(self, member: Member, *, task: str, role: str, by: Member) -> None:
        """Give a member a role in a task.

        Raises:
            PermissionDenied: `by` may not.
            Http404: No such task, or none that `by` sees.
        """
        ...


class NoTeams:
    """Default: no tasks, and no member has a role."""

    def roles_of(self, member: Member) -> Roles:
        return []

    def led_by(self, member: Member) -> dict[str, str]:
        return {}

    def leads_any(self, member: Member) -> bool:
        return False

    def roles(self) -> dict[str, str]:
        return {}

    def give(self, member: Member, *, task: str, role: str, by: Member) -> None:
        raise LookupError(f"no room has registered the task '{task}'")


# The room that knows memberships, and the rooms that hold something for a member: they are told, in the same
# transaction, of every member who is shut out.
teams: Port[[], Teams] = Port(NoTeams)
member_left: Listeners[[Member], None] = Listeners()
