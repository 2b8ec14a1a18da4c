"""Template tag for a draft's revocation, or the link by which a lead revokes it."""

from __future__ import annotations

from typing import Any

from django import template

from members.session import member_of
from review.datasets import removed_samples
from review.models import Draft
from review.states import Role
from review.tasks.permissions import may

register = template.Library()


@register.inclusion_tag("review/datasets/_revocation.html", takes_context=True)
def revocation_on(context: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """The mark of a revoked draft, or a link that leads to revoking it, for leads."""
    return {
        "draft": draft,
        "revocation": removed_samples.of_draft(draft.pk),
        "may_lead": may(member_of(context["request"]), draft.task, Role.LEAD),
    }
