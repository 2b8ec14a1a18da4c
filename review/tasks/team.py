"""Members of a task and their roles. Accounts are made and removed in the members room."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, IntegerField, Value, When

from audit import trail
from members.models import Member
from review import ports
from review.models import Membership, Task
from review.states import Role
from review.tasks.permissions import RANK, forget_access, may, require
from web.errors import Refusal


def give_role(member: Member, task: Task, *, role: str, by: Member) -> None:
    """Give a member a role in a task, or take it with an empty one. Doing it twice changes nothing.

    The task's row is locked, so that two leads who remove each other at once take turns. Who judges no more gives the
    cards back that waited for them.

    Raises:
        PermissionDenied: `by` does not lead the task.
        Refusal: 422 for a role there is none of, or a member who is shut out; 409 when the task would lose its last
            lead.
    """
    require(by, task, Role.LEAD)
    if by.is_service:
        raise PermissionDenied("A service token cannot give roles.")
    if role and role not in Role.values:
        raise Refusal("unknown_role", f"There is no role '{role}'.", errors={"role": ["Choose one from the list."]})
    if role and not member.is_active:
        words = f"{member.name} is deactivated and cannot be given a role."
        raise Refusal("member_inactive", words, hint="An admin can reactivate them.", errors={"member": [words]})
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        if role != Role.LEAD:
            _keep_one_lead(member, task)
        if role:
            Membership.objects.update_or_create(member=member, task=task, defaults={"role": role})
        else:
            Membership.objects.filter(member=member, task=task).delete()
        forget_access(member, by)
        if not may(member, task, Role.REVIEWER):
            ports.reviewer_left(member, task)
        trail.record("role_given" if role else "role_taken", by=by, about=member, task=task.slug, role=role)


def member_named(username: str, *, task: Task, by: Member) -> Member:
    """The member a lead names, written as they sign in; case does not matter.

    Raises:
        PermissionDenied: `by` does not lead the task.
        Refusal: 422 when there is nobody of that name.
    """
    require(by, task, Role.LEAD)
    members = list(Member.objects.filter(username__iexact=username.strip(), is_service=False)[:2])
    if len(members) != 1:
        words = f"There is no member '{username.strip()}'."
        raise Refusal("unknown_member", words, hint="An admin adds members.", errors={"member": [words]})
    return members[0]


def _keep_one_lead(leaving: Member, task: Task) -> None:
    leads = Membership.objects.filter(task=task, role=Role.LEAD, member__is_service=False)
    if (
        leads.filter(member=leaving).exists()
        and not leads.filter(member__is_active=True).exclude(member=leaving).exists()
    ):
        raise Refusal(
            "last_lead",
            f"{leaving.name} is the last lead of {task.name}.",
            hint="Make another member a lead first.",
            status=409,
        )


OFFERED_AT_MOST = 200


def team_of(member: Member, task: Task) -> list[Membership]:
    """Memberships of the task's people with their members, leads first, then by name.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(member, task, Role.LEAD)
    rank = Case(
        *(When(role=role, then=Value(-rank)) for role, rank in RANK.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    held = Membership.objects.filter(task=task, member__is_service=False).select_related("member")
    return list(held.order_by(rank, "member__username"))


def team_panel(member: Member, task: Task) -> dict[str, Any] | None:
    """Return the team panel of a task's page: team, roles, and names to choose from; None for others than leads."""
    if not may(member, task, Role.LEAD):
        return None
    others = Member.objects.filter(is_active=True, is_superuser=False, is_service=False).exclude(memberships__task=task)
    return {
        "team": team_of(member, task),
        "roles": Role.choices,
        "default_role": Role.REVIEWER,
        "others": list(others.order_by("username")[:OFFERED_AT_MOST]),
    }
