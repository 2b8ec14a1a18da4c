"""Tasks with rooms for mails: those that write mails, and those that hold campaigns or contacts from when they did.

The access rules ask for addresses, `mail_task_or_404` for calls that name a task in their query or body.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from campaigns.models import Campaign, Contact
from members.models import Member
from review.models import Task
from review.spec.output_format import writes_mails
from review.tasks.permissions import task_or_404
from review.tasks.queries import with_outputs


def require_mails(tasks: Q) -> None:
    """Refuse a task without mails; one query where it writes some, else two.

    Args:
        tasks: The condition that only the task in question fulfils; where none does, the view says so.

    Raises:
        Http404: Says that the task writes no mails, and what would change that.
    """
    task = with_outputs(Task.objects.filter(tasks)).order_by().first()
    if task is not None and not has_mails(task):
        raise Http404(
            f"{task.name} writes no mails. Give two of its written fields the roles subject and body for that."
        )


def has_mails(task: Task) -> bool:
    """Tell whether a task of `with_outputs` writes mails, or holds some from before; only the latter needs a query."""
    if writes_mails(task.outputs or ()):  # type: ignore[attr-defined]
        return True
    of_task = {"task": OuterRef("pk")}
    held = Exists(Campaign.objects.filter(**of_task)) | Exists(Contact.objects.filter(**of_task))
    return Task.objects.filter(held, pk=task.pk).exists()


def mail_task_or_404(member: Member, slug: str) -> Task:
    """The task, if the member may see it and it has to do with mails.

    Raises:
        Http404: No such task, not this member's, or none of mails.
    """
    task = task_or_404(member, slug)
    require_mails(Q(pk=task.pk))
    return task
