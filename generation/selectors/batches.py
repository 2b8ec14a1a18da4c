"""Questions about batches of an order that lie, or lay, at a provider."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from generation.models import Order, ProviderBatch
from generation.states import COLLECT, BatchState
from jobs.models import Job


@dataclass(frozen=True)
class AtProvider:
    """Batches of an order, and the job that closes them after a cancel, if there is one."""

    batches: list[ProviderBatch]
    closing: Job | None

    @property
    def is_waiting(self) -> bool:
        """Whether any of them has not been taken in."""
        return any(batch.state in (BatchState.PREPARING, BatchState.SUBMITTED) for batch in self.batches)

    @property
    def held_usd(self) -> Decimal:
        """What those that have not been taken in may still cost, which budgets hold until then."""
        waiting = (batch for batch in self.batches if batch.state in (BatchState.PREPARING, BatchState.SUBMITTED))
        return sum((batch.possible_cost_usd for batch in waiting), Decimal(0))


def of_order(order: Order) -> AtProvider:
    """The batches of an order, in the order they were prepared; those that never began only where they say why."""
    batches = ProviderBatch.objects.filter(order=order)
    shown = [batch for batch in batches if batch.state != BatchState.DROPPED or batch.note]
    return AtProvider(shown, Job.objects.filter(kind=COLLECT, subject_id=order.pk).first())
