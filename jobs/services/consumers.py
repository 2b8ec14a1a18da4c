"""Telling upper rooms that a job has ended: each once, however often it is tried.

Does not know what a consumer does with it.
"""

from __future__ import annotations

import logging
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from jobs import ports
from jobs.models import FinishedNotice, Job
from jobs.states import FINISHED

logger = logging.getLogger(__name__)


def call_after_commit(job: Job) -> None:
    """Call the consumers of a job's end once the transaction that ends it is in."""
    transaction.on_commit(partial(call, job.pk, job.kind))


def call(job_id: UUID, kind: str) -> None:
    """Call every consumer that waits for this kind and has not been called for this job.

    A consumer that raises is rolled back, logged, and called again by the reaper.
    """
    for name, (kinds, _) in list(ports.CONSUMERS.items()):
        if kind in kinds:
            _call_one(name, job_id)


def call_missed() -> int:
    """Call consumers for ended jobs they have not heard of, oldest first; returns how many such jobs there were.

    One question however many consumers there are, since it is asked every few seconds.
    """
    unheard = Q(pk__in=[])
    for name, (kinds, _) in ports.CONSUMERS.items():
        heard = FinishedNotice.objects.filter(job=OuterRef("pk"), consumer=name)
        unheard |= Q(~Exists(heard), kind__in=kinds)
    ended = Job.objects.filter(unheard, state__in=FINISHED).order_by("finished_at")
    found = list(ended.values_list("pk", "kind")[:100])
    for job_id, kind in found:
        call(job_id, kind)
    return len(found)


def _call_one(name: str, job_id: UUID) -> None:
    _, consumer = ports.CONSUMERS[name]
    try:
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=job_id)
            # The notice and what the consumer does stand or fall together; its uniqueness stops a second caller.
            _, is_first = FinishedNotice.objects.get_or_create(job=job, consumer=name)
            if is_first and job.state in FINISHED:
                consumer(job)
    except (IntegrityError, Job.DoesNotExist):
        logger.info("Job %s is consumed by %s elsewhere, or gone.", job_id, name)
    except Exception:
        logger.exception("Consumer %s failed for job %s; it is called again.", name, job_id)
