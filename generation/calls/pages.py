"""Acts of an order's page on its calls: settle uncertain ones, correct what one cost."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from generation.calls import uncertain
from generation.money import corrections
from generation.orders import queries as orders_queries
from members.session import member_of
from web.db.keys import NO_ID, uuid_or_none
from web.errors import Refusal


@require_POST
def correct_call(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = orders_queries.get(member_of(request), order_id)
    corrections.require_admin(member_of(request))
    try:
        correction = corrections.correct(
            order,
            uuid_or_none(request.POST.get("call", "").strip()) or NO_ID,
            cost_usd=_usd(request.POST.get("cost_usd", "")),
            reason=request.POST.get("reason", ""),
            by=member_of(request),
        )
        messages.success(
            request,
            f"The call's cost is ${correction.cost_usd.normalize():f} now; it was ${correction.was_usd.normalize():f}.",
        )
    except Refusal as refusal:
        reasons = " ".join(text for texts in refusal.errors.values() for text in texts)
        messages.error(request, f"{refusal.message} {reasons or refusal.hint}".strip())
        # The form begins with what was typed.
        typed = urlencode({name: request.POST.get(name, "") for name in ("call", "cost_usd", "reason")})
        return redirect(f"{reverse('generation:detail', args=[order.pk])}?{typed}#correct")
    return redirect("generation:detail", order.pk)


def _usd(text: str) -> Decimal:
    try:
        return Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        return Decimal("NaN")


@require_POST
def settle_calls(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Settle the calls named in `call`; without it all uncertain ones."""
    order = orders_queries.get(member_of(request), order_id)
    ids = [uuid_or_none(text) or NO_ID for text in request.POST.getlist("call")] or None
    verb = request.POST.get("verb", "")
    try:
        settlement = uncertain.SETTLEMENTS.get(verb)
        if settlement is None and verb != "retry":
            raise Refusal("verb", "Choose paid, not-paid, retry or drop.")
        if settlement is None:
            again = uncertain.ask_again(order, call_ids=ids, by=member_of(request))
            messages.success(request, f"{again.count} drafts are ordered again.")
            return redirect("generation:detail", again.pk)
        count = uncertain.settle(order, settlement, call_ids=ids, by=member_of(request))
        messages.success(request, f"{count} uncertain calls are settled.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("generation:detail", order.pk)
