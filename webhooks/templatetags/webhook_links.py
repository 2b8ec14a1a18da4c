"""Template filter that decides whether a page links to webhooks."""

from __future__ import annotations

from django import template

from members.models import Member
from webhooks.endpoints import ports

register = template.Library()


@register.filter
def may_have_webhooks(member: Member) -> bool:
    return member.is_admin or bool(ports.led_tasks(member))
