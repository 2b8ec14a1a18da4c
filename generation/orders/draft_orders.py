"""Order that had a draft written: drafts carry the order's job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from generation.models import Order
from members.models import Member
from review.tasks.permissions import tasks_for


class DraftOrders:
    """See `review.ports.Orders`."""

    def orders_of(self, job_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        return {job: order for job, order in Order.objects.filter(job__in=job_ids).values_list("job_id", "pk") if job}

    def job_of(self, order_id: UUID, *, by: Member) -> UUID | None:
        return Order.objects.filter(pk=order_id, task__in=tasks_for(by)).values_list("job_id", flat=True).first()
