"""Comments beneath a draft and the count of unread mentions, for pages that know nothing of either."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import template
from django.template.context import RequestContext

from review.desk.comments import queries
from review.models import Draft
from review.states import Role
from review.tasks.permissions import may

register = template.Library()


@register.inclusion_tag("review/comments/_panel.html", takes_context=True)
def comments_on(context: RequestContext, draft: Draft) -> dict[str, Any]:
    """The newest comments on a draft as the signed-in member may read them, with the form to write one."""
    member = context["user"]
    newest = queries.on_draft(member, draft).reverse()[: queries.SHOWN]
    return {
        "lines": [queries.comment_row(comment, member) for comment in reversed(newest)],
        "draft": draft,
        "is_blind": queries.is_blind(draft),
        "may_write": may(member, draft.task, Role.REVIEWER),
        "may_remove_all": may(member, draft.task, Role.LEAD),
        "new_id": uuid4(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def unread_mentions(context: RequestContext) -> int:
    """Count the mentions that the signed-in member has not seen; 0 for anonymous visitors."""
    member = context.get("user")
    return queries.unread_count(member) if member is not None and member.is_authenticated else 0
