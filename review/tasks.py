"""What the clock sets going here. A task calls one service."""

from __future__ import annotations

from celery import shared_task

from review.services import search_index


@shared_task(name="review.index_drafts", ignore_result=True)  # type: ignore[untyped-decorator]
def index_drafts() -> None:
    """Index the drafts of large batches, so that they are found by their words."""
    search_index.catch_up()
