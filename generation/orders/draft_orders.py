"""Order that had a draft written: drafts carry the order's job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from uuid import UUID

from django.db.models import Model

from generation.models import Order, Synthesis
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for


def naming_records(task: Task, record_ids: AbstractSet[str]) -> Mapping[type[Model], int]:
    """Count the orders of a task that are for some of these records, and those that show some as examples."""
    orders = Order.objects.filter(task=task).values_list("record_ids", flat=True)
    syntheses = Synthesis.objects.filter(task=task).values_list("seeds", flat=True)
    lists = {Order: orders, Synthesis: syntheses}
    return {model: sum(not record_ids.isdisjoint(ids) for ids in rows.iterator()) for model, rows in lists.items()}


class DraftOrders:
    """See `review.ports.Orders`."""

    def orders_of(self, job_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        return {job: order for job, order in Order.objects.filter(job__in=job_ids).values_list("job_id", "pk") if job}

    def job_of(self, order_id: UUID, *, by: Member) -> UUID | None:
        return Order.objects.filter(pk=order_id, task__in=tasks_for(by)).values_list("job_id", flat=True).first()
