"""Closing batches of a cancelled order: cancelled at the provider too, and what was done there taken in, since it is paid.

A job of its own does it, so that cancelling stays quick and what a provider needs minutes for outlives the order's job.
"""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from generation.models import Order, ProviderBatch
from generation.services.batches import rows
from generation.states import COLLECT
from jobs.models import Job
from jobs.services import lifecycle


def orders_of(job: Job) -> Q:
    """Which order a job works on: its own, or, for one that closes batches, the one it is about."""
    return Q(pk=job.subject_id) if job.kind == COLLECT else Q(job=job)


def begin(job: Job) -> Job | None:
    """After an order was cancelled: launch what closes its batches, inside the caller's transaction; once is enough.

    Returns:
        The job, or None where nothing of the order lies at a provider.
    """
    order = Order.objects.select_related("task").filter(job=job).first()
    if order is None or not ProviderBatch.objects.filter(order=order, state__in=rows.OPEN).exists():
        return None
    if Job.objects.filter(kind=COLLECT, subject_id=order.pk).exists():
        return None
    return lifecycle.launch(
        kind=COLLECT,
        title=f"Close the batches of: {job.title}"[:200],
        spec={},
        by=None,
        task_slug=order.task.slug,
        subject_id=order.pk,
        subject_url=reverse("generation:detail", args=[order.pk]),
    )
