"""Questions about tasks that judge others."""

from __future__ import annotations

from members.models import Member
from review.models import Task
from review.spec.judge_task import is_judge_task
from review.tasks import permissions
from review.tasks.queries import latest_version


def judge_task_of(task: Task, *, by: Member) -> Task | None:
    """The task that judges a task's drafts, if there is one that the member may see."""
    return permissions.tasks_for(by).filter(judges__judged=task).first()


def may_be_judged(task: Task) -> bool:
    """Whether a judge can be trained for a task: not where it judges itself."""
    return not is_judge_task(latest_version(task).spec)
