"""Questions about recalls: which there were, and whom a form can name."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from members.models import Member
from review.models import Decision, Recall, Task
from review.states import Role
from review.tasks.permissions import require, tasks_for
from web.http.first_or_404 import first_or_404


def of_task(task: Task) -> QuerySet[Recall]:
    """Recalls of a task with their undos, the newest first."""
    return _with_undo().filter(task=task).order_by("-created_at", "-id")


def recall_or_404(member: Member, recall_id: UUID) -> Recall:
    """One recall, for a lead of its task.

    Raises:
        Http404: No such recall for this member.
        PermissionDenied: The member does not lead the task.
    """
    recall = first_or_404(_with_undo().filter(pk=recall_id, task__in=tasks_for(member)), "There is no such recall.")
    require(member, recall.task, Role.LEAD)
    return recall


def reviewers_of(task: Task) -> QuerySet[Member]:
    """Members who judged drafts of a task, by name."""
    # Asked of each member, by an index: a task may have a million decisions.
    judged = Decision.objects.filter(reviewer=OuterRef("pk"), task=task)
    return Member.objects.filter(Exists(judged)).order_by("username")


def _with_undo() -> QuerySet[Recall]:
    return Recall.objects.select_related("by", "task", "undo__by")
