"""Erases what this room holds of records that are erased: researched pages, and what engines were told of them.

Pages, what was typed of the company and what a research job told go from their rows; the run directories of every job
that was shown one of the records, made it up, wrote for it or mended a draft of it are thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from generation.judges import take_in
from generation.models import Call, Order, ResearchedSite, Synthesis, WebPage
from jobs.models import JobEvent
from jobs.supervisor import prune_runs
from review.models import Record, RevisionRequest

_TITLE = "Erased"


def erase(record_ids: Sequence[UUID]) -> None:
    """Erase the pages of these records, those they were made of and those that were made from them.

    Called in the transaction that erases the records. Doing it twice changes nothing.
    """
    prune_runs.prune_erased_texts(_jobs_that_read(record_ids))
    _erase_threads({str(pk) for pk in record_ids})
    mine = Q(record__in=record_ids) | Q(made_record__in=record_ids)
    for site in ResearchedSite.objects.filter(mine).select_related("research"):
        WebPage.objects.filter(site=site).delete()
        site.title, site.url, site.query, site.facts, site.why = _TITLE, "", "", {}, ""
        site.save(update_fields=["title", "url", "query", "facts", "why"])
        if site.research.job_id is not None:
            job_events = JobEvent.objects.filter(
                job=site.research.job_id, kind__in=("page", "site"), payload__site=site.number
            )
            job_events.update(payload={"site": site.number, "erased": True})


def _erase_threads(record_ids: set[str]) -> None:
    for order in Order.objects.filter(threads__isnull=False).only("threads").iterator(chunk_size=50):
        threads = order.threads or {}
        kept = {pk: thread for pk, thread in threads.items() if pk not in record_ids}
        if len(kept) < len(threads):
            Order.objects.filter(pk=order.pk).update(threads=kept or None)


def _jobs_that_showed(record_ids: set[str]) -> set[UUID]:
    """Jobs of orders for synthetic records that had these as examples."""
    rows = Synthesis.objects.values_list("order__job", "seeds")
    return {job for job, seeds in rows.iterator(chunk_size=200) if job is not None and record_ids & set(seeds)}


def _jobs_that_read(record_ids: Sequence[UUID]) -> set[UUID]:
    """Jobs whose run directories hold facts, pages, drafts or instructions of these records."""
    records = list(record_ids)
    called = Call.objects.filter(record__in=records).values_list("order__job", flat=True)
    revision_jobs = RevisionRequest.objects.filter(draft__record__in=records).values_list("job_id", flat=True)
    mine = Q(record__in=records) | Q(made_record__in=records)
    researched = ResearchedSite.objects.filter(mine).values_list("research__job", flat=True)
    shown = _jobs_that_showed({str(pk) for pk in records})
    # The order that made a record up knows no record.
    made_up = Record.everything.filter(pk__in=records).values_list("source__synthetic_job", flat=True)
    by_jobs = (called, revision_jobs, researched, made_up)
    judged = take_in.jobs_that_read(records)
    return shown | judged | {job for jobs in by_jobs for job in jobs.distinct() if job is not None}
