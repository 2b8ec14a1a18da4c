"""Who may do what in a task. Admins may everything; others what their membership says."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from members.models import Member
from review.models import Membership, Task
from review.states import Role

RANK = {Role.VIEWER.value: 1, Role.REVIEWER.value: 2, Role.LEAD.value: 3}


def role_of(member: Member, task: Task) -> str | None:
    """The member's role in the task: admin, lead, reviewer, viewer, or nothing."""
    if member.is_admin:
        return "admin"
    return Membership.objects.filter(member=member, task=task).values_list("role", flat=True).first()


def tasks_for(member: Member) -> QuerySet[Task]:
    """Tasks the member may see, by name."""
    tasks = Task.objects.filter(archived_at__isnull=True)
    return tasks if member.is_admin else tasks.filter(memberships__member=member)


def task_or_404(member: Member, slug: str) -> Task:
    """The task, if the member may see it.

    Raises:
        Http404: No such task, or not this member's: the two look alike from outside.
    """
    task = tasks_for(member).filter(slug=slug).first()
    if task is None:
        raise Http404(f"There is no task '{slug}' that you can see.")
    return task


def may(member: Member, task: Task, least: Role) -> bool:
    """Whether the member has at least this role in the task."""
    role = role_of(member, task)
    return role == "admin" or (role is not None and RANK[role] >= RANK[least.value])


def require(member: Member, task: Task, least: Role) -> None:
    """Refuse a member whose role in the task is too small.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if not may(member, task, least):
        raise PermissionDenied(f"This needs the role {least.label.lower()} in the task '{task.name}'.")


def slugs_with(member: Member, least: Role) -> frozenset[str] | None:
    """Slugs of the tasks in which the member has at least this role; None means all."""
    if member.is_admin:
        return None
    roles = [role for role, rank in RANK.items() if rank >= RANK[least.value]]
    return frozenset(Membership.objects.filter(member=member, role__in=roles).values_list("task__slug", flat=True))


def led_by(member: Member) -> list[tuple[str, str]]:
    """Slug and name of each task the member leads; an admin leads all."""
    tasks = tasks_for(member)
    if not member.is_admin:
        tasks = tasks.filter(memberships__member=member, memberships__role=Role.LEAD)
    return list(tasks.values_list("slug", "name"))


def may_create(member: Member) -> bool:
    """Whether the member may make tasks: an admin, or a lead of any task."""
    return member.is_admin or Membership.objects.filter(member=member, role=Role.LEAD).exists()


def require_may_create(member: Member) -> None:
    """Refuse a member who may not make tasks.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if not may_create(member):
        raise PermissionDenied("Making a task needs the role admin, or lead of another task.")
