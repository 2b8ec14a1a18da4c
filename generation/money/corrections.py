"""Set what one call cost, where the provider's invoice says otherwise. For admins; what was booked stays readable."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit import trail
from generation.models import Call, CallCorrection, Order
from generation.money import alerts, daily_sums
from generation.money.figures import MICRO
from generation.states import CallState, Settlement
from members import session
from members.models import Member
from web.errors import Refusal

MOST_USD = Decimal(100_000)
LONGEST_REASON = 300
_WITHOUT_END = frozenset({CallState.SENT, CallState.UNCERTAIN})


@transaction.atomic
def correct(order: Order, call_id: UUID, *, cost_usd: Decimal, reason: str, by: Member) -> CallCorrection:
    """Set what a call cost, tries of unknown outcome included: nothing of it is in doubt any more.

    The sums of its day move by the difference, and so do budgets.

    Args:
        call_id: Which call; its end must be known, or settled by a person.
        reason: Why, such as the line of the invoice; at most 300 characters.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: 404 `no_call`, 409 `not_ended`, or 422 `invalid_correction` with errors by field.
    """
    require_admin(by)
    reason = " ".join(reason.split())
    # The order's row first, as ingesting events does: an event that arrives at the same moment waits.
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order.pk)
    call = Call.objects.filter(pk=call_id, order=order).first()
    if call is None:
        raise Refusal(
            "no_call",
            "This order has no such call.",
            hint="Copy the call's id from the ledger's file of calls.",
            status=404,
            errors={"call": ["This order has no such call."]},
        )
    if call.state in _WITHOUT_END and not call.settlement:
        raise Refusal(
            "not_ended",
            "What this call cost is not known yet.",
            hint="Wait for its answer, or settle it with the uncertain calls.",
            status=409,
            errors={"call": ["It has no end yet."]},
        )
    _validate(call, cost_usd, reason)
    before = daily_sums.snapshot(order, [call])
    correction = CallCorrection.objects.create(
        call=call, was_usd=call.cost_usd, cost_usd=cost_usd, reason=reason, by=by
    )
    call.cost_usd, call.possible_cost_usd, call.cost_is_estimate, call.is_corrected = cost_usd, Decimal(0), False, True
    call.save(update_fields=["cost_usd", "possible_cost_usd", "cost_is_estimate", "is_corrected", "updated_at"])
    if (more_usd := daily_sums.book(order, before, [call])) > 0:
        alerts.check_spending(order, more_usd)
    trail.record(
        "call_corrected",
        by=by,
        about=order,
        call=str(call.pk),
        was_usd=str(correction.was_usd),
        cost_usd=str(cost_usd),
        reason=reason,
    )
    return correction


def require_admin(by: Member) -> None:
    """Refuse anyone but an admin.

    Raises:
        PermissionDenied: Always, for others.
    """
    session.require_admin(by, "Only an admin may correct what a call cost.")


def _validate(call: Call, cost_usd: Decimal, reason: str) -> None:
    errors: dict[str, list[str]] = {}
    if not cost_usd.is_finite() or not 0 <= cost_usd <= MOST_USD:
        errors["cost_usd"] = [f"Write an amount in US dollars between 0 and {MOST_USD:,}."]
    elif cost_usd != cost_usd.quantize(MICRO):
        errors["cost_usd"] = ["Write at most six decimals."]
    elif cost_usd == call.cost_usd and not call.possible_cost_usd:
        errors["cost_usd"] = ["This amount is already booked."]
    if not reason:
        errors["reason"] = ["Give a reason for later readers of the ledger."]
    elif len(reason) > LONGEST_REASON:
        errors["reason"] = [f"It has {len(reason)} characters; {LONGEST_REASON} are kept."]
    if errors:
        raise Refusal("invalid_correction", "Nothing was corrected.", hint="Correct these fields.", errors=errors)


SHOWN = 50


def may_correct(member: Member, order: Order) -> bool:
    """Tell whether the member may set what a call of the order cost, and there is one whose end is known."""
    ended = Call.objects.filter(order=order).exclude(state__in=_WITHOUT_END, settlement=Settlement.OPEN)
    return member.is_admin and ended.exists()


def overclaimed_calls(order: Order) -> QuerySet[Call]:
    """Return uncorrected calls whose own count of tokens would have cost more than the call can have cost."""
    calls = Call.objects.filter(order=order, claimed_cost_usd__isnull=False, is_corrected=False)
    return calls.select_related("record").order_by("position", "id")


def corrections_of(order: Order) -> QuerySet[CallCorrection]:
    """Return the corrections, the newest first."""
    call_corrections = CallCorrection.objects.filter(call__order=order).select_related("by", "call__record")
    return call_corrections.order_by("-at", "-id")[:SHOWN]
