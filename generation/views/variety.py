"""How much an order's drafts differ: a page of its own, and the part of it that the order's page asks for."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.selectors import orders as order_selectors
from generation.selectors import variety as selectors
from members.session import member_of


@require_safe
def diversity(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = order_selectors.get(member_of(request), order_id)
    context = {
        "task": order.task,
        "section": "generation",
        "order": order,
        "measured": selectors.measured(order),
        "outcome": selectors.outcome(order),
    }
    is_part = request.htmx  # type: ignore[attr-defined]
    return render(request, "generation/_measured.html" if is_part else "generation/diversity.html", context)
