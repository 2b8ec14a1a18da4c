"""Comments as a member may read them, and where they were named.

While a draft waits for further blind verdicts, its comments are their author's and the lead's alone: a remark would
tell the next reviewer what the last one thought. What a lead writes is read at once.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from members.models import Member
from review.models import Comment, Draft, Membership, Mention
from review.states import OPEN, Role
from review.tasks.permissions import may, tasks_for

SHOWN = 200
COUNT_UP_TO = 99
_NAME = re.compile(r"(?<![\w@.+-])(@[\w@.+-]*\w)")


def is_blind(draft: Draft) -> bool:
    """Return whether reviewers still judge the draft without seeing each other's words."""
    return draft.verdicts_wanted > 1 and draft.state in OPEN


def on_draft(member: Member, draft: Draft) -> QuerySet[Comment]:
    """Comments on a draft that this member may read, the oldest first."""
    comments = Comment.objects.filter(draft=draft).select_related("author").order_by("created_at", "id")
    if not is_blind(draft) or may(member, draft.task, Role.LEAD):
        return comments
    leads = Membership.objects.filter(task=draft.task_id, member=OuterRef("author"), role=Role.LEAD)
    return comments.filter(Q(author=member) | Q(author__is_superuser=True) | Exists(leads))


def has_visible_comments(draft: OuterRef, member: Member | UUID) -> Exists:
    """For a question about cards to deal: whether a draft has comments that may be hinted at.

    On a card that several reviewers judge blind only one's own: that there are others would say that it was judged.
    """
    hinted = Q(draft__verdicts_wanted=1) | Q(author=member)
    return Exists(Comment.objects.filter(hinted, draft=draft).order_by())


def mentions(member: Member) -> QuerySet[Mention]:
    """Return the member's mentions in tasks they see and comments they may read, unordered.

    `created_at` is the comment's: cursors read the order from the row itself, not through a relation.
    """
    leads = Membership.objects.filter(task=OuterRef("comment__draft__task"), role=Role.LEAD)
    rows = Mention.objects.annotate(created_at=F("comment__created_at"))
    rows = rows.filter(member=member, comment__draft__task__in=tasks_for(member))
    if not member.is_admin:
        is_blind = Q(comment__draft__verdicts_wanted__gt=1, comment__draft__state__in=OPEN)
        by_lead = Exists(leads.filter(member=OuterRef("comment__author"))) | Q(comment__author__is_superuser=True)
        rows = rows.filter(~is_blind | Exists(leads.filter(member=member)) | by_lead)
    return rows.select_related("comment__author", "comment__draft__task", "comment__draft__record").defer(
        "comment__draft__messages", "comment__draft__fields", "comment__draft__marks"
    )


def unread(member: Member) -> QuerySet[Mention]:
    """Mentions the member has not seen."""
    return mentions(member).filter(read_at__isnull=True)


def unread_count(member: Member) -> int:
    """Count the member's unread mentions, up to `COUNT_UP_TO`. If there are none, one look at an index suffices."""
    # Every page asks, and nearly always there is none: the long question is for those who have one.
    if not Mention.objects.filter(member=member, read_at__isnull=True).exists():
        return 0
    return unread(member).order_by()[:COUNT_UP_TO].count()


def comment_row(comment: Comment, member: Member) -> dict[str, Any]:
    """A comment on a page, its text split at mentions of members."""
    parts = [{"text": part, "is_name": place % 2 == 1} for place, part in enumerate(_NAME.split(comment.text)) if part]
    return {"comment": comment, "by": comment.author.name, "is_own": comment.author_id == member.pk, "parts": parts}
