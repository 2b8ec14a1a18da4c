"""Writing down that something happened, and for whom. Called by rooms inside the transaction in which it happens."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from jobs.models import Job
from webhooks.endpoints import queries
from webhooks.models import Delivery, WebhookEvent
from webhooks.states import EVENTS


@transaction.atomic
def publish(kind: str, *, key: str, task_slug: str, data: dict[str, Any]) -> WebhookEvent:
    """Log an event and put it on its way to every hook that listens.

    Part of the caller's transaction: a rolled-back event is never sent. Nothing is sent here; the beat sends.

    Args:
        kind: One of `states.EVENTS`.
        key: What makes it one event: published again with the same key, nothing happens.
        task_slug: The task it belongs to; empty for none.
        data: The payload: ids, counts, addresses of this site; never texts of records or secrets.

    Raises:
        ValueError: There is no such kind of event: a mistake of the code.
    """
    if kind not in EVENTS:
        raise ValueError(f"'{kind}' is not a published event: name it in webhooks/states.py.")
    event, is_new = WebhookEvent.objects.get_or_create(
        key=f"{kind}:{key}"[:120], defaults={"kind": kind, "task_slug": task_slug, "data": data}
    )
    if is_new:
        hooks = queries.listeners(kind, task_slug)
        Delivery.objects.bulk_create([Delivery(hook=hook, event=event) for hook in hooks])
    return event


def job_finished(job: Job) -> None:
    """Publish an end of a job. A consumer of ended jobs: one that was resumed ends again, which is another event."""
    data = {
        "job": str(job.pk),
        "kind": job.kind,
        "title": job.title,
        "state": job.state,
        "error": job.error,
        "subject": str(job.subject_id) if job.subject_id else None,
        "page": job.subject_url,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "figures": metrics_of(job.result),
    }
    publish("job.finished", key=f"{job.pk}:{data['finished_at']}", task_slug=job.task_slug, data=data)


def metrics_of(result: dict[str, Any] | None) -> dict[str, float]:
    """Numbers that a job came to, such as a run's validation loss and its seconds; never a text."""
    return {
        name: value
        for name, value in (result or {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
