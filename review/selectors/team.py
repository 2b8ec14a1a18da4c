"""Who belongs to a task, and who could be asked to. Answers leads of the task alone."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, Value, When

from members.models import Member
from review.models import Membership, Task
from review.permissions import RANK, may, require
from review.states import Role

OFFERED_AT_MOST = 200


def team_of(member: Member, task: Task) -> list[Membership]:
    """Memberships of the task with their members, leads first, then by name.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(member, task, Role.LEAD)
    rank = Case(
        *(When(role=role, then=Value(-rank)) for role, rank in RANK.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    held = Membership.objects.filter(task=task).select_related("member")
    return list(held.order_by(rank, "member__username"))


def panel(member: Member, task: Task) -> dict[str, Any] | None:
    """What the task's page shows its lead: the team, the roles there are, and names to choose from; else None."""
    if not may(member, task, Role.LEAD):
        return None
    others = Member.objects.filter(is_active=True, is_superuser=False).exclude(memberships__task=task)
    return {
        "team": team_of(member, task),
        "roles": Role.choices,
        "default_role": Role.REVIEWER,
        "others": list(others.order_by("username")[:OFFERED_AT_MOST]),
    }


def as_json(held: Membership) -> dict[str, Any]:
    """A membership for programs."""
    return {"member": held.member.username, "name": held.member.name, "role": held.role}
