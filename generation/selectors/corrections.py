"""Calls whose cost is in question, and what was corrected. Callers have looked up the order."""

from __future__ import annotations

from django.db.models import QuerySet

from generation.models import Call, CallCorrection, Order
from generation.states import CallState
from members.models import Member

SHOWN = 50


def may_correct(member: Member, order: Order) -> bool:
    """Whether the member may set what a call of the order cost, and there is one whose end is known."""
    ended = Call.objects.filter(order=order, state__in=(CallState.ANSWERED, CallState.FAILED))
    return member.is_admin and ended.exists()


def claimed(order: Order) -> QuerySet[Call]:
    """Calls whose own count of tokens would have cost more than they can have, and that nobody has corrected."""
    found = Call.objects.filter(order=order, claimed_cost_usd__isnull=False, is_corrected=False)
    return found.select_related("record").order_by("position", "id")[:SHOWN]


def of_order(order: Order) -> QuerySet[CallCorrection]:
    """What was corrected, the newest first."""
    found = CallCorrection.objects.filter(call__order=order).select_related("by", "call__record")
    return found.order_by("-at", "-id")[:SHOWN]
