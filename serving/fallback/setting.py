"""Setting of a task: its teacher answers questions to its miniatures while no replica serves.

Off until a lead turns it on.
"""

from __future__ import annotations

from django.db import transaction

from audit import trail
from generation.money import budgets
from generation.states import Provider
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from serving.models import Fallback
from serving.routing import pairs
from web.errors import Refusal


def of_task(task: Task) -> Fallback | None:
    """Return a task's fallback with its teacher; None where it is off or the teacher is out of use."""
    rows = Fallback.objects.select_related("teacher", "by")
    return rows.filter(task=task, teacher__is_active=True).first()


@transaction.atomic
def choose(task: Task, *, teacher: str, by: Member) -> None:
    """Choose who answers for a task while no replica serves.

    Args:
        teacher: A teacher's short name; empty for nobody.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `fallback_invalid`, the task has no such teacher; `budget_missing`, a paid one and no budget bounds it.
    """
    require(by, task, Role.LEAD)
    if not teacher:
        if Fallback.objects.filter(task=task).delete()[0]:
            trail.record("fallback_removed", by=by, task=task.slug)
        return
    row = next((each for each in pairs.teachers_of(task) if each.slug == teacher), None)
    if row is None:
        message = "Choose a teacher that has written drafts of the task."
        raise Refusal("fallback_invalid", message, errors={"teacher": [message]})
    if row.provider != Provider.OFFLINE:
        require_budget(task)
    Fallback.objects.update_or_create(task=task, defaults={"teacher": row, "by": by})
    trail.record("fallback_set", by=by, about=row, task=task.slug)


def require_budget(task: Task) -> None:
    """Refuse paid answers that no budget of the task or the installation bounds.

    Raises:
        Refusal: `budget_missing`.
    """
    if not budgets.covering(task).exists():
        message = "A paid teacher answers within a budget, and none covers this task."
        raise Refusal("budget_missing", message, hint="Set one under Budgets first.", errors={"teacher": [message]})
