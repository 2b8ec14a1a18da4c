"""Rows of batches that lie at providers: written from what an engine tells, read for its next attempt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from generation.engine.contracts import BatchIn
from generation.models import Order, ProviderBatch
from generation.states import BatchState
from jobs.contracts import Event

OPEN = (BatchState.PREPARING, BatchState.SUBMITTED)
FINAL = frozenset({BatchState.ENDED, BatchState.DROPPED})
MICRO = Decimal("0.000001")


def take(order: Order, events: Iterable[Event]) -> None:
    """Bring the rows up to what `batch` events say, inside the caller's transaction. Idempotent by token.

    A batch that was taken in stays so: an event that is told again does not open it.
    """
    told = {event.payload["token"]: event.payload for event in events if event.kind == "batch"}
    rows = ProviderBatch.objects.in_bulk(list(told), field_name="token")
    for token, payload in told.items():
        row = rows.get(token) or ProviderBatch(token=token, order=order)
        if row.state in FINAL:
            continue
        row.state = payload["state"]
        row.batch_id = payload["batch_id"][:120] or row.batch_id
        row.positions, row.requests, row.done = payload["positions"], payload["requests"], payload["done"]
        row.possible_cost_usd = Decimal(str(payload["possible_cost_usd"])).quantize(MICRO)
        row.note = payload["note"][:300]
        row.prepared_at = datetime.fromtimestamp(payload["prepared_at"], UTC)
        row.save()


def taken_in(order: Order) -> list[str]:
    """The provider's names of batches of which all that they brought is stored."""
    ended = ProviderBatch.objects.filter(order=order, state=BatchState.ENDED).exclude(batch_id="")
    return list(ended.values_list("batch_id", flat=True))


def still_open(order: Order) -> list[BatchIn]:
    """Batches that were handed in, or may have been, and not taken in: for an attempt that finds no journal."""
    rows = ProviderBatch.objects.filter(order=order, state__in=OPEN)
    return [
        BatchIn(
            token=row.token, batch_id=row.batch_id, positions=row.positions, prepared_at=row.prepared_at.timestamp()
        )
        for row in rows
    ]
