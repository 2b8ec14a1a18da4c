"""Template filter that decides whether a page links to invitations."""

from __future__ import annotations

from django import template

from members.invitations import queries
from members.models import Member

register = template.Library()


@register.filter
def may_invite(user: object) -> bool:
    return isinstance(user, Member) and queries.may_invite(user)
