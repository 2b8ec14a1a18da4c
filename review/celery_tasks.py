"""Celery tasks of the review room. Each calls one service."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from review.desk import ordering
from review.drafts import search_index
from review.sources.imports import staging


@shared_task(name="review.index_drafts", ignore_result=True)
def index_drafts() -> None:
    """Index the drafts of large batches, so that they are found by their words."""
    search_index.catch_up()


@shared_task(name=ordering.TASK, ignore_result=True)
def order_desk(task_id: str) -> None:
    """Put the waiting drafts of one task in the order its lead chose."""
    ordering.order_desk(UUID(task_id))


@shared_task(name="review.order_desks", ignore_result=True)
def order_desks() -> None:
    """Put desks in order to which drafts came."""
    ordering.order_desks()


@shared_task(name="review.take_back_imports", ignore_result=True)
def take_back_imports() -> None:
    """Delete what imports left that were cut off."""
    staging.undo_abandoned()
