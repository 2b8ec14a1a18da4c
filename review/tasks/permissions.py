"""Permissions in a task. Admins may do everything; others what their membership grants."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet

from members.models import Member
from review.models import Membership, Task
from review.states import Role
from web.http.first_or_404 import first_or_404

RANK = {Role.VIEWER.value: 1, Role.REVIEWER.value: 2, Role.LEAD.value: 3}
NO_PERSON = "A service token cannot judge: use a token of the person who decides."
_KEPT = "_task_access"
_KEPT_LEADS = "_led_tasks"


@dataclass(frozen=True, slots=True)
class TaskAccess:
    task: Task
    role: str


def read_access(member: Member, tasks: Q) -> TaskAccess | None:
    """Read the task of a request and the member's role in it, with one query.

    Both are kept on `member`, an object of this request alone: `role_of` and `task_or_404` answer from there instead of
    asking again.

    Args:
        member: Who asks; no admin, who needs no membership.
        tasks: The condition that only the task in question fulfils.

    Returns:
        The two; None where there is no such task, or the member has no role in it.
    """
    rows = Task.objects.filter(tasks, memberships__member=member).annotate(my_role=F("memberships__role")).order_by()
    task = next(iter(rows[:1]), None)
    access = None if task is None else TaskAccess(task, task.my_role)
    setattr(member, _KEPT, access)
    return access


def read_leads(member: Member) -> bool:
    """Return whether the member leads a task; which ones is kept on `member`, as `read_access` keeps a role."""
    led = led_by(member)
    setattr(member, _KEPT_LEADS, led)
    return bool(led) or may_create(member)


def forget_access(*members: Member) -> None:
    """Have the next question about these members' roles asked of the database: for what changes roles."""
    for member in members:
        setattr(member, _KEPT, None)
        setattr(member, _KEPT_LEADS, None)


def _kept_access(member: Member) -> TaskAccess | None:
    kept: TaskAccess | None = getattr(member, _KEPT, None)
    return kept


def role_of(member: Member, task: Task) -> str | None:
    """The member's role in the task: admin, lead, reviewer, viewer, or nothing."""
    if member.is_admin:
        return "admin"
    kept = _kept_access(member)
    if kept is not None and kept.task.pk == task.pk:
        return kept.role
    return Membership.objects.filter(member=member, task=task).values_list("role", flat=True).first()


def tasks_for(member: Member) -> QuerySet[Task]:
    """Tasks the member may see, by name."""
    tasks = Task.objects.filter(archived_at__isnull=True)
    return tasks if member.is_admin else tasks.filter(memberships__member=member)


def task_or_404(member: Member, slug: str, *, least: Role = Role.VIEWER) -> Task:
    """Return the task, if the member may see it; else it looks as if there were none.

    Raises:
        Http404: The member does not see such a task.
        PermissionDenied: The member sees it, and has a smaller role in it than `least`.
    """
    kept = _kept_access(member)
    if kept is not None and kept.task.slug == slug and kept.task.archived_at is None:
        task = kept.task
    else:
        task = first_or_404(tasks_for(member).filter(slug=slug), f"There is no task '{slug}' that you can see.")
    if least is not Role.VIEWER:
        require(member, task, least)
    return task


def may(member: Member, task: Task, least: Role) -> bool:
    """Return whether the member has at least this role in the task; programs never count as reviewers."""
    if member.is_service and least is Role.REVIEWER:
        return False  # A program may launch what a lead launches, and judges nothing.
    role = role_of(member, task)
    return role == "admin" or (role is not None and RANK[role] >= RANK[least.value])


def require(member: Member, task: Task, least: Role) -> None:
    """Refuse a member whose role in the task is too small.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if member.is_service and least is Role.REVIEWER:
        raise PermissionDenied(NO_PERSON)
    if not may(member, task, least):
        raise PermissionDenied(f"This needs the role {least.label.lower()} in the task '{task.name}'.")


def may_ask(member: Member, task: Task) -> bool:
    """Return whether the member may ask the task's miniatures in service: reviewers, and programs with its token."""
    return role_of(member, task) is not None if member.is_service else may(member, task, Role.REVIEWER)


def require_may_ask(member: Member, task: Task) -> None:
    """Refuse who may not ask the task's miniatures in service.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if not may_ask(member, task):
        require(member, task, Role.REVIEWER)


def slugs_to_ask(member: Member) -> frozenset[str] | None:
    """Slugs of the tasks whose miniatures in service the member may ask; None means all."""
    return slugs_with(member, Role.VIEWER if member.is_service else Role.REVIEWER)


def slugs_with(member: Member, least: Role) -> frozenset[str] | None:
    """Slugs of the tasks in which the member has at least this role; None means all."""
    if member.is_admin:
        return None
    roles = [role for role, rank in RANK.items() if rank >= RANK[least.value]]
    return frozenset(Membership.objects.filter(member=member, role__in=roles).values_list("task__slug", flat=True))


def judging(task_id: UUID) -> QuerySet[Member]:
    """Active people who may judge drafts of a task: its reviewers and leads, and admins."""
    held = Membership.objects.filter(task=task_id, role__in=(Role.REVIEWER, Role.LEAD))
    people = Member.objects.filter(is_active=True, is_service=False)
    return people.filter(Q(pk__in=held.values("member")) | Q(is_superuser=True))


def led_by(member: Member) -> list[tuple[str, str]]:
    """Slug and name of each task the member leads; an admin leads all."""
    kept: list[tuple[str, str]] | None = getattr(member, _KEPT_LEADS, None)
    if kept is not None:
        return list(kept)
    tasks = tasks_for(member)
    if not member.is_admin:
        tasks = tasks.filter(memberships__member=member, memberships__role=Role.LEAD)
    return list(tasks.values_list("slug", "name"))


def may_create(member: Member) -> bool:
    """Return whether the member may make tasks: admins and leads of any task. A program may not."""
    if member.is_service:
        return False
    if member.is_admin or getattr(member, _KEPT_LEADS, None):
        return True
    return Membership.objects.filter(member=member, role=Role.LEAD).exists()


def require_may_create(member: Member) -> None:
    """Refuse a member who may not make tasks.

    Raises:
        PermissionDenied: Says which role is needed.
    """
    if not may_create(member):
        raise PermissionDenied("Making a task needs the role admin, or lead of another task.")
