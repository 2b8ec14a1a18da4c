"""Settles calls of unknown fate: a person takes them as paid or as not paid, drops them, or asks again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from audit import trail
from generation.diversity.mix import MixSettings
from generation.models import Call, Order
from generation.money import daily_sums
from generation.orders import launch
from generation.selection import reorder
from generation.states import BESIDE_DRAFTS, CallState, Purpose, Settlement, UncertainPolicy
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

NOTHING = Decimal(0)


# What a person may do with uncertain calls besides asking again, by the word that pages and the API use: give them up,
# their possible cost kept; book it as their cost, an estimate; or take it off the books.
SETTLEMENTS = {"drop": Settlement.DROPPED, "paid": Settlement.PAID, "not-paid": Settlement.NOT_PAID}


@transaction.atomic
def settle(order: Order, settlement: Settlement, *, call_ids: Sequence[UUID] | None, by: Member) -> int:
    """Settle calls of unknown fate, and count those that were open.

    Args:
        settlement: One of `SETTLEMENTS`.
        call_ids: Which; None is every open one.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `nothing_uncertain`, none of them is open.
    """
    return len(_settle(order, call_ids, by, settlement))


@transaction.atomic
def ask_again(order: Order, *, call_ids: Sequence[UUID] | None, by: Member) -> Order:
    """Order the drafts of these calls again from the same teacher; each is settled once, however often this is pressed.

    The new order's budget is what its own worst case needs; its calls have ids of their own, so that both stay visible.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `nothing_uncertain`; or as for `orders.launch`.
    """
    if order.purpose == Purpose.REVISION:
        raise Refusal(
            "ask_on_the_draft",
            "Request a revision on its draft.",
            hint="Drop this call: the draft returns to the desk of the person who requested the revision, "
            "who can request it again.",
            status=409,
        )
    # A draft that came from another order would stand on the desk beside the one that was chosen.
    if order.purpose in BESIDE_DRAFTS or MixSettings.model_validate(order.variety).best_of:
        raise Refusal(
            "not_asked_again",
            "This call wrote no draft, and its job continued without it.",
            hint="Drop it: the best is chosen without it, or order it again.",
            status=409,
        )
    mix = reorder.mix_request_of(order)
    teacher = mix.first or order.teacher
    calls = _settle(order, call_ids, by, Settlement.RETRIED)
    record_ids = [call.record_id for call in calls if call.record_id]
    order_threads = order.threads or {}
    threads = {pk: order_threads[str(pk)] for pk in record_ids if str(pk) in order_threads}
    request = launch.OrderRequest(
        order.task,
        teacher=teacher,
        mix=mix,
        wish=reorder.way_request_of(order),
        count=len(calls),
        by=by,
        record_ids=record_ids,
        version=order.task_version,
        purpose=Purpose(order.purpose),
        uncertain_policy=UncertainPolicy(order.uncertain_policy),
        repeats=order,
        threads=threads,
    )
    return launch.launch_as_priced(request)


def _settle(order: Order, call_ids: Sequence[UUID] | None, by: Member, settlement: Settlement) -> list[Call]:
    permissions.require(by, order.task, Role.LEAD)
    # The order's row first, as ingesting events does: the two never deadlock.
    Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    open_calls = Call.objects.filter(order=order, state=CallState.UNCERTAIN, settlement=Settlement.OPEN)
    if call_ids is not None:
        open_calls = open_calls.filter(pk__in=list(call_ids))
    calls = list(open_calls.order_by("position"))
    if not calls:
        raise Refusal(
            "nothing_uncertain",
            "None of these calls is still open.",
            status=409,
            hint="Load the page again: someone may have settled them.",
        )
    before = daily_sums.snapshot(order, calls)
    for call in calls:
        _write_settlement(call, settlement)
    Call.objects.bulk_update(calls, ["settlement", "cost_usd", "cost_is_estimate", "possible_cost_usd"], batch_size=500)
    daily_sums.book(order, before, calls)
    trail.record(
        "calls_settled",
        by=by,
        about=order,
        task=order.task.slug,
        settlement=str(settlement),
        count=len(calls),
        possible_usd=str(sum((each.amounts[-1] for each in before.values()), NOTHING)),
    )
    return calls


def _write_settlement(call: Call, settlement: Settlement) -> None:
    call.settlement = settlement
    if settlement == Settlement.PAID:
        call.cost_usd, call.cost_is_estimate = call.cost_usd + call.possible_cost_usd, True
    if settlement in (Settlement.PAID, Settlement.NOT_PAID):
        call.possible_cost_usd = NOTHING
