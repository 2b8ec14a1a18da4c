"""Telling upper rooms that a job has ended: each once, however often it is tried.

Does not know what a consumer does with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.kinds import registry
from jobs.models import FinishedNotice, Job
from jobs.states import FINISHED
from web.db import keyset

logger = logging.getLogger(__name__)
# A round of the reaper is held up no longer than these few calls take; the reaper's task has more rounds while jobs
# wait.
CALLED_AT_ONCE = 3
SCANNED_AT_ONCE = 200


def call_after_commit(job: Job) -> None:
    """Call the consumers of a job's end once the transaction that ends it is in."""
    transaction.on_commit(partial(call, job.pk, job.kind))


def call(job_id: UUID, kind: str) -> None:
    """Call every consumer that waits for this kind and has not been called for this job.

    A consumer that raises is rolled back, logged, and called again by the reaper.
    """
    since = Job.objects.filter(pk=job_id).values_list("unheard_since", flat=True).first()
    names = [name for name, (kinds, _) in list(registry.CONSUMERS.items()) if kind in kinds]
    for name in names:
        _call_one(name, job_id)
    if since is None:
        return
    notices = FinishedNotice.objects.filter(job=job_id, consumer__in=names).count()
    # A job that has ended again meanwhile has another mark, which stays. One that was not heard goes behind the others.
    Job.objects.filter(pk=job_id, unheard_since=since).update(
        unheard_since=None if notices == len(names) else timezone.now()
    )


def call_missed(*, marked_by: datetime | None = None, keep_turn: Callable[[], object] = lambda: None) -> int:
    """Call consumers for a few ended jobs they have not heard of, oldest mark first; returns how many jobs.

    Reads only jobs that are marked: a job is from its end until all have heard of it.

    Args:
        marked_by: Jobs marked later are left for another time.
        keep_turn: Called before each job.
    """
    # Not asked for its state: SQLite would then read all that have ended. `call` looks at it under the row's lock.
    marked = Job.objects.filter(unheard_since__isnull=False).order_by("unheard_since")
    if marked_by is not None:
        marked = marked.filter(unheard_since__lte=marked_by)
    ended = list(marked.values_list("pk", "kind")[:CALLED_AT_ONCE])
    for job_id, kind in ended:
        keep_turn()
        call(job_id, kind)
    return len(ended)


def mark_missed(*, cursor: str) -> tuple[int, str]:
    """Hold a slice of all jobs, newest first, against all consumers; mark ended ones that a consumer has not heard of.

    For consumers that a later release brings, and for what an earlier release, running beside this one, ended without a
    mark. Costs the same however many jobs there are.

    Args:
        cursor: Where the slice before ended; empty for the newest job.

    Returns:
        How many were marked, and the cursor of the next slice; empty at the end.
    """
    jobs = Job.objects.values_list("created_at", "pk", "kind", "state", "unheard_since", named=True)
    page = keyset.page(jobs, cursor=cursor, size=SCANNED_AT_ONCE)
    unmarked = {job.pk: job.kind for job in page.rows if job.state in FINISHED and job.unheard_since is None}
    notices = set(FinishedNotice.objects.filter(job__in=unmarked).values_list("job_id", "consumer"))
    missed = [
        job_id
        for job_id, kind in unmarked.items()
        if any(kind in kinds and (job_id, name) not in notices for name, (kinds, _) in registry.CONSUMERS.items())
    ]
    if missed:
        _mark(missed)
    return len(missed), page.next


def _mark(job_ids: list[UUID]) -> None:
    with transaction.atomic():
        # Asked by key alone: given their states too, SQLite would read all that have ended.
        locked = Job.objects.select_for_update().filter(pk__in=job_ids).order_by("pk")
        states = list(locked.values_list("pk", "state", "unheard_since"))
        still = [job_id for job_id, state, since in states if state in FINISHED and since is None]
        Job.objects.filter(pk__in=still).update(unheard_since=timezone.now())


def _call_one(name: str, job_id: UUID) -> None:
    _, consumer = registry.CONSUMERS[name]
    try:
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=job_id)
            if job.state not in FINISHED:
                return  # Resumed meanwhile: its next end is to be heard, so no notice is written of this one.
            # The notice and what the consumer does stand or fall together; its uniqueness stops a second caller.
            _, is_first = FinishedNotice.objects.get_or_create(job=job, consumer=name)
            if is_first:
                consumer(job)
    except (IntegrityError, Job.DoesNotExist):
        logger.info("Job %s is consumed by %s elsewhere, or gone.", job_id, name)
    except Exception:
        logger.exception("Consumer %s failed for job %s; it is called again.", name, job_id)
