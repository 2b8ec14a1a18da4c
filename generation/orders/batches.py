"""Rows of batches that lie at providers: written from what an engine tells, read for its next attempt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Q
from django.urls import reverse

from generation.engine.contracts import BatchIn
from generation.models import Order, ProviderBatch
from generation.money.budgets import AT_PROVIDER
from generation.money.figures import millionths
from generation.states import COLLECT, BatchState
from jobs.contracts import EngineEvent
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import JobState

FINAL = frozenset({BatchState.ENDED, BatchState.DROPPED})


def record_batch_events(order: Order, events: Iterable[EngineEvent]) -> None:
    """Bring the rows up to what `batch` events say, inside the caller's transaction. Idempotent by token.

    A batch that was taken in stays so: an event that is told again does not open it.
    """
    payloads = {event.payload["token"]: event.payload for event in events if event.kind == "batch"}
    rows = ProviderBatch.objects.in_bulk(list(payloads), field_name="token")
    for token, payload in payloads.items():
        row = rows.get(token) or ProviderBatch(token=token, order=order)
        if row.state in FINAL:
            continue
        row.state = payload["state"]
        row.batch_id = payload["batch_id"][:120] or row.batch_id
        row.positions, row.requests, row.done = payload["positions"], payload["requests"], payload["done"]
        row.possible_cost_usd = millionths(payload["possible_cost_usd"])
        row.note = payload["note"][:300]
        row.prepared_at = datetime.fromtimestamp(payload["prepared_at"], UTC)
        row.save()


def collected_batch_ids(order: Order) -> list[str]:
    """The provider's names of batches of which all that they brought is stored."""
    ended = ProviderBatch.objects.filter(order=order, state=BatchState.ENDED).exclude(batch_id="")
    return list(ended.values_list("batch_id", flat=True))


def batches_for_engine(order: Order) -> list[BatchIn]:
    """Batches that were handed in, or may have been, and not taken in: for an attempt that finds no journal."""
    rows = ProviderBatch.objects.filter(order=order, state__in=AT_PROVIDER)
    return [
        BatchIn(
            token=row.token, batch_id=row.batch_id, positions=row.positions, prepared_at=row.prepared_at.timestamp()
        )
        for row in rows
    ]


@dataclass(frozen=True)
class BatchesAtProvider:
    """Batches of an order, and the job that closes them after a cancel, if there is one."""

    batches: list[ProviderBatch]
    closing: Job | None

    @property
    def is_waiting(self) -> bool:
        return any(batch.state in AT_PROVIDER for batch in self.batches)

    @property
    def held_usd(self) -> Decimal:
        """Return what those that have not been taken in may still cost, which budgets hold until then."""
        return sum((batch.possible_cost_usd for batch in self.batches if batch.state in AT_PROVIDER), Decimal(0))


def batches_of(order: Order) -> BatchesAtProvider:
    """The batches of an order, in the order they were prepared; those that never began only where they say why."""
    batches = ProviderBatch.objects.filter(order=order)
    shown = [batch for batch in batches if batch.state != BatchState.DROPPED or batch.note]
    return BatchesAtProvider(shown, Job.objects.filter(kind=COLLECT, subject_id=order.pk).first())


def order_of_job(job: Job) -> Q:
    """Match the order a job works on: its own, or, for one that closes batches, the one it is about."""
    return Q(pk=job.subject_id) if job.kind == COLLECT else Q(job=job)


def launch_closing_job(job: Job) -> Job | None:
    """Launch what closes the batches of a cancelled order, inside the caller's transaction; once is enough.

    Args:
        job: The order's, or a cancelled one that was to close its batches.

    Returns:
        The job, or None where nothing of the order lies at a provider.
    """
    order = Order.objects.select_related("task").filter(order_of_job(job)).first()
    if order is None or not ProviderBatch.objects.filter(order=order, state__in=AT_PROVIDER).exists():
        return None
    if Job.objects.filter(kind=COLLECT, subject_id=order.pk).exclude(state=JobState.CANCELLED).exists():
        return None
    return control.launch(
        kind=COLLECT,
        title=job.title if job.kind == COLLECT else f"Close the batches of: {job.title}"[:200],
        spec={},
        by=None,
        task_slug=order.task.slug,
        subject_id=order.pk,
        subject_url=reverse("generation:detail", args=[order.pk]),
    )


def on_closing_job_ended(job: Job) -> None:
    """Launch another job where one was cancelled, as 0.2.0 let people do: its batches' money would stay held."""
    if job.state == JobState.CANCELLED:
        launch_closing_job(job)
