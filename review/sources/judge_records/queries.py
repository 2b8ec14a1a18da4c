"""Questions about tasks that judge others."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from members.models import Member
from review.models import Task
from review.spec.judge_task import is_judge_task
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version


def judge_task_of(task: Task, *, by: Member) -> Task | None:
    """The task that judges a task's drafts, if there is one that the member may see."""
    return permissions.tasks_for(by).filter(judges__judged=task).first()


def withheld_judges(member: Member) -> QuerySet[Task]:
    """Tasks that judge drafts which the member reviews: what their miniatures say would sway verdicts to come.

    A lead sees a judge's verdicts on waiting drafts anyway, and who has another role in the judged task gives no
    verdicts.
    """
    tasks = Task.objects.order_by()
    if member.is_admin:
        return tasks.none()
    return tasks.filter(judges__judged__memberships__member=member, judges__judged__memberships__role=Role.REVIEWER)


def is_withheld(member: Member, task: Task) -> bool:
    """Return whether the member may not ask a task's miniatures, since they judge drafts that the member reviews."""
    return withheld_judges(member).filter(pk=task.pk).exists()


def require_may_ask(member: Member, task: Task) -> None:
    """Refuse a member who would ask a miniature of a task about drafts that they review.

    Raises:
        PermissionDenied: Says why.
    """
    require_not_withheld(member, Q(pk=task.pk))


def require_not_withheld(member: Member, tasks: Q) -> None:
    """Refuse a member who would learn what a task's miniatures think of drafts they review, or take their weights.

    Args:
        tasks: The condition on tasks that only the miniatures' task fulfils.

    Raises:
        PermissionDenied: Says why.
    """
    if withheld_judges(member).filter(tasks).exists():
        raise PermissionDenied(
            "This miniature judges drafts that you review: it would reveal a verdict before you give yours."
        )


def may_be_judged(task: Task) -> bool:
    """Return whether a judge can be trained for a task: any but a judge task."""
    return not is_judge_task(latest_version(task).spec)
