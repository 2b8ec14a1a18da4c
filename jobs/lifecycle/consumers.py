"""Telling upper rooms that a job has ended: each once, however often it is tried.

Does not know what a consumer does with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from jobs.kinds import registry
from jobs.models import FinishedNotice, Job
from jobs.states import FINISHED
from web.db.chunks import chunked

logger = logging.getLogger(__name__)
AT_ONCE = 100


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
    heard = FinishedNotice.objects.filter(job=job_id, consumer__in=names).count()
    # A job that has ended again meanwhile has another mark, which stays. One that was not heard goes behind the others.
    Job.objects.filter(pk=job_id, unheard_since=since).update(
        unheard_since=None if heard == len(names) else timezone.now()
    )


def call_missed(*, keep_turn: Callable[[], object] = lambda: None) -> int:
    """Call consumers for ended jobs they have not heard of, oldest mark first; returns how many such jobs there were.

    Reads only jobs that are marked: a job is from its end until all have heard of it.

    Args:
        keep_turn: Called before each job.
    """
    # Not asked for its state: SQLite would then read all that have ended. `call` looks at it under the row's lock.
    marked = Job.objects.filter(unheard_since__isnull=False).order_by("unheard_since")
    found = list(marked.values_list("pk", "kind")[:AT_ONCE])
    for job_id, kind in found:
        keep_turn()
        call(job_id, kind)
    return len(found)


def mark_missed() -> int:
    """Hold all ended jobs against all consumers, and mark those that one has not heard of.

    For consumers that a later release brings, and for what an earlier release, running beside this one, ended without a
    mark. Reads every ended job, so it is not for each tick.

    Returns:
        How many were marked.
    """
    unheard = Q(pk__in=[])
    for name, (kinds, _) in registry.CONSUMERS.items():
        heard = FinishedNotice.objects.filter(job=OuterRef("pk"), consumer=name)
        unheard |= Q(~Exists(heard), kind__in=kinds)
    ended = Job.objects.filter(unheard, state__in=FINISHED, unheard_since__isnull=True).order_by("finished_at")
    # Read first and written in parts: no other transaction waits for a lock as long as the reading takes.
    found = list(ended.values_list("pk", flat=True))
    for chunk in chunked(found, AT_ONCE):
        part = Job.objects.filter(pk__in=chunk, state__in=FINISHED, unheard_since__isnull=True)
        part.update(unheard_since=timezone.now())
    return len(found)


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
