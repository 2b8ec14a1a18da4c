"""Remarks on drafts, and whom they name. A comment is no verdict and changes nothing about a draft. Knows no page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review.models import Comment, Draft, Mention, Task
from review.states import Role
from review.tasks.permissions import require, tasks_for
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

LONGEST = 4000
MENTIONS_AT_MOST = 20
# As members sign in: letters, digits and @ . + - _; a full stop that ends a sentence belongs to the sentence.
_NAMED = re.compile(r"(?<![\w@.+-])@([\w@.+-]*\w)")


def add(draft_id: UUID, *, by: Member, id: UUID, text: str) -> Comment:
    """Write a comment on a draft; `@name` tells that member of the task. Sent twice with one id, it is there once.

    Args:
        by: A reviewer or lead of its task, or admin.
        id: Made by the client.
        text: At most 4,000 characters, kept as text.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member only reads the task.
        Refusal: 422 when there is no text, or too much; 409 when the id belongs to another comment, or the draft was
            erased.
    """
    draft = first_or_404(
        Draft.objects.filter(task__in=tasks_for(by), pk=draft_id).select_related("task"), "There is no such draft."
    )
    require(by, draft.task, Role.REVIEWER)
    words = _checked(text)
    try:
        with transaction.atomic():
            # Erasing locks the draft too: no comment slips in behind it.
            draft = Draft.objects.select_for_update(of=("self",)).select_related("task").get(pk=draft.pk)
            if draft.erased_at is not None:
                raise Refusal("erased", "This draft was erased and takes no more comments.", status=409)
            comment = Comment.objects.create(id=id, draft=draft, author=by, text=words)
            Mention.objects.bulk_create(
                Mention(comment=comment, member=member) for member in _named(words, draft.task) if member != by
            )
            return comment
    except IntegrityError:
        return _again(id, draft_id=draft_id, by=by, text=words)


def remove(comment_id: UUID, *, by: Member) -> bool:
    """Take a comment away for good: one's own, or any as a lead of the task.

    Returns:
        Whether it was there.

    Raises:
        Http404: The member does not see its task.
        PermissionDenied: It is somebody else's, and the member does not lead the task.
    """
    comment = Comment.objects.filter(pk=comment_id).select_related("draft__task").first()
    if comment is None:
        return False
    if not tasks_for(by).filter(pk=comment.draft.task_id).exists():
        raise Http404("There is no such comment.")
    if comment.author_id != by.pk:
        require(by, comment.draft.task, Role.LEAD)
    return comment.delete()[0] > 0


def read_mentions(member: Member, *, comments: Sequence[UUID] | None = None) -> int:
    """Mark mentions of a member as seen: those of some comments, or all. Doing it twice changes nothing."""
    unread = Mention.objects.filter(member=member, read_at__isnull=True)
    if comments is not None:
        unread = unread.filter(comment__in=comments)
    return unread.update(read_at=timezone.now())


def erase_on(draft_ids: Sequence[UUID]) -> int:
    """Take away what was written on drafts of an erased record, inside that transaction.

    Returns:
        How many comments went.
    """
    gone = Comment.objects.filter(draft__in=draft_ids)
    count = gone.count()
    gone.delete()
    return count


def _checked(text: str) -> str:
    # PostgreSQL cannot store NUL, and no comment needs it.
    words = text.replace("\x00", "").strip()
    if not words:
        raise Refusal("no_text", "The comment is empty.", errors={"text": ["Write a comment."]})
    if len(words) > LONGEST:
        message = f"The comment has {len(words):,} characters; at most {LONGEST:,} are kept."
        raise Refusal("too_long", message, errors={"text": [message]})
    return words


def _named(text: str, task: Task) -> list[Member]:
    names = list(dict.fromkeys(name.casefold() for name in _NAMED.findall(text)))[:MENTIONS_AT_MOST]
    if not names:
        return []
    condition = Q()
    for name in names:
        condition |= Q(username__iexact=name)
    seers = Q(memberships__task=task) | Q(is_superuser=True)
    return list(Member.objects.filter(condition, seers, is_active=True, is_service=False).distinct())


def _again(id: UUID, *, draft_id: UUID, by: Member, text: str) -> Comment:
    first = Comment.objects.filter(pk=id, draft=draft_id, author=by, text=text).first()
    if first is None:
        raise Refusal(
            "comment_id_reused",
            "This id was already used for another comment.",
            hint="Use a new UUID for each.",
            status=409,
        )
    return first
