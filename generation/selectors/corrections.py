"""Calls whose cost is in question, and what was corrected. Callers have looked up the order."""

from __future__ import annotations

from django.db.models import QuerySet

from generation.models import Call, CallCorrection, GenerationJob
from generation.states import CallState
from members.models import Member

SHOWN = 50


def may_correct(member: Member, order: GenerationJob) -> bool:
    """Whether the member may set what a call of the order cost, and there is one whose end is known."""
    ended = Call.objects.filter(generation_job=order, state__in=(CallState.ANSWERED, CallState.FAILED))
    return member.is_admin and ended.exists()


def claimed(order: GenerationJob) -> QuerySet[Call]:
    """Calls whose own count of tokens would have cost more than they can have, and that nobody has corrected."""
    found = Call.objects.filter(generation_job=order, claimed_cost_usd__isnull=False, is_corrected=False)
    return found.select_related("record").order_by("position", "id")[:SHOWN]


def of_order(order: GenerationJob) -> QuerySet[CallCorrection]:
    """What was corrected, the newest first."""
    found = CallCorrection.objects.filter(call__generation_job=order).select_related("by", "call__record")
    return found.order_by("-at", "-id")[:SHOWN]
