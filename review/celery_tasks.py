"""Celery tasks of the review room. Each calls one service."""

from __future__ import annotations

from uuid import UUID

from review.adjudication.share_outs import daily_mail, share
from review.desk import ordering
from review.drafts import search_index
from review.sources.imports import staging
from web.process.celery_task import by_the_clock, celery_task, one_at_a_time


@celery_task("review.index_drafts")
def index_drafts() -> None:
    """Index the drafts of large batches, so that they are found by their words."""
    search_index.catch_up()


@celery_task(ordering.TASK)
def order_desk(task_id: str) -> None:
    """Put the waiting drafts of one task in the order its lead chose."""
    ordering.order_desk(UUID(task_id))


@celery_task("review.order_desks")
def order_desks() -> None:
    """Put desks in order to which drafts came."""
    ordering.order_desks()


@celery_task("review.take_back_imports")
@by_the_clock
def take_back_imports() -> None:
    """Delete what imports left that were cut off."""
    staging.undo_abandoned()


@celery_task("review.end_share_outs")
@by_the_clock
def end_share_outs() -> None:
    """End share-outs whose last day is over."""
    share.end_due()


@celery_task("review.send_daily_mails")
@by_the_clock
@one_at_a_time
def send_daily_mails() -> None:
    """Tell members once a day what waits for them."""
    daily_mail.send_due()
