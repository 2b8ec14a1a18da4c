"""When a job of an order has ended: calls that no engine will tell of any more are uncertain, and shown with their price.

An engine that ends by itself tells every call's end and takes back what it announced. One that was killed, or lost with its
host, has not: whatever the job came to, what it had on the wire may be paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID, uuid5

from generation.engine.batches.lines import inside
from generation.models import Call, GenerationJob
from generation.selectors import announced
from generation.services import ingest, spend, watching
from generation.states import CallState, UncertainPolicy
from jobs.models import Job

CHUNK = 500
FIELDS = ["state", "error_code", "error_message", "possible_cost_usd"]
# Without a paid end: on the wire when last heard of, or turned down before they were announced once more.
OPEN = frozenset({CallState.SENT, CallState.FAILED})


def close(job: Job) -> None:
    """Mark what is left in doubt, inside the transaction that ends the job. Twice is once.

    The journal may know better: when a resume reads it again, what it says replaces what is written here.
    """
    order = ingest.locked_order(job)
    if order is None:
        return
    asked = {uuid5(order.pk, str(index)): index for index in _announced(order)}
    known = _rows(order, asked)
    doubted = [call for call in known.values() if call.state in OPEN and not call.cost_usd]
    before = spend.noted(order, doubted)
    fresh = [_unheard_of(order, pk, index) for pk, index in asked.items() if pk not in known]
    # The dearest call of the estimate stands in for what is known of none of them.
    worst_usd = spend.usd(order.estimate.get("worst_call_usd"))
    for call in (*doubted, *fresh):
        _doubt(order, call, worst_usd)
    Call.objects.bulk_create(fresh, batch_size=CHUNK)
    Call.objects.bulk_update(doubted, FIELDS, batch_size=CHUNK)
    if (more_usd := spend.book(order, before, (*doubted, *fresh))) > 0:
        watching.look(order, more_usd)


def _announced(order: GenerationJob) -> list[int]:
    found = {index for one in announced.without_end(order) for index in inside(one.positions)}
    return sorted(index for index in found if index < order.count)


def _rows(order: GenerationJob, asked: Iterable[UUID]) -> dict[UUID, Call]:
    """Calls last seen on the wire, and of those that were announced the ones that have rows."""
    calls = Call.objects.filter(generation_job=order)
    rows = {call.pk: call for call in calls.filter(state=CallState.SENT)}
    wanted = list(asked)
    for start in range(0, len(wanted), CHUNK):
        rows.update(calls.in_bulk(wanted[start : start + CHUNK]))
    return rows


def _unheard_of(order: GenerationJob, pk: UUID, index: int) -> Call:
    record_ids: list[str] = order.record_ids
    return Call(pk=pk, generation_job=order, position=index, record_id=UUID(record_ids[index % len(record_ids)]))


def _doubt(order: GenerationJob, call: Call, worst_usd: Decimal) -> None:
    # A held call has one try; of one that is asked again, what tries before this one may have cost stays beside it.
    is_held = order.uncertain_policy == UncertainPolicy.HOLD
    call.possible_cost_usd = max(call.possible_cost_usd, worst_usd) if is_held else call.possible_cost_usd + worst_usd
    call.state, call.error_code = CallState.UNCERTAIN, "interrupted"
    call.error_message = "The engine ended while this call was on the wire."
