"""Scope of a desk: the part of a task that a key in the request names, and the deck of it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404

from members.models import Member
from review import ports
from review.desk import deck
from review.models import Assignment, Task
from review.ports import DeskScope


def scope_from(key: str, *, by: Member, task: Task | None = None) -> DeskScope | None:
    """The part that a word stands for; None for an empty one, which means the whole task.

    Args:
        key: As the request has it, such as `campaign:spring`.
        task: The task it must be of, where the caller knows it.

    Raises:
        Http404: No such part, of another task, or not for this member.
    """
    if not key:
        return None
    scope = ports.resolve_scope(key, by)
    if scope is None or (task is not None and scope.task_id != task.pk):
        raise Http404(f"There is no part '{key}' of this task that you can see.")
    return scope


def deal(member: Member, task: Task, only: DeskScope | None) -> list[Assignment]:
    """Give a reviewer their deck of a task, or of the part that the desk keeps to."""
    if only is None:
        return deck.deal(member, task, count=settings.DECK_SIZE)
    held, fresh = deck.deal_among(member, task.pk, only.drafts, count=settings.DECK_SIZE)
    return held + fresh
