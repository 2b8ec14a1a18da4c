"""Texts about a person outside contacts and the desk: requests, outputs, told samples, run directories.

Knows which rooms keep a copy of what was written from a record, and which jobs are reading one now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from evaluation.models import Evaluation
from generation.judges import take_in as judged
from generation.models import Call, Order, Synthesis
from jobs.models import Job, JobEvent
from jobs.states import FINISHED
from review.datasets import hub_push, removed_samples
from review.models import DatasetVersion, Record
from training.inputs import erasing
from training.miniatures import writing

# Events of jobs that carry what a model wrote, or was shown.
EVENTS_WITH_TEXT = ("draft", "failure", "uncertain", "sample")
_FINISHED = [state.value for state in FINISHED]


def unfinished_jobs(record_ids: Sequence[UUID]) -> list[str]:
    """Describe unfinished jobs that read texts of these records; empty when erasing may proceed."""
    tasks = Record.objects.filter(pk__in=list(record_ids)).order_by().values("task").distinct()
    versions = removed_samples.version_ids_with(record_ids)
    id_texts = {str(pk) for pk in record_ids}
    jobs: list[Job] = []
    open_orders = Order.objects.filter(task__in=tasks).exclude(job__state__in=_FINISHED).select_related("job")
    jobs += [order.job for order in open_orders if order.job and id_texts & set(order.record_ids)]
    jobs += _synthetic_jobs(tasks, record_ids)
    jobs += judged.unfinished_jobs(record_ids)
    open_evaluations = Evaluation.objects.filter(task__in=tasks).exclude(job__state__in=_FINISHED).select_related("job")
    # Baselines are given golds of the records that were trained on.
    jobs += [
        evaluation.job
        for evaluation in open_evaluations
        if evaluation.job and (id_texts & set(evaluation.record_ids) or evaluation.dataset_version_id in versions)
    ]
    freezing = DatasetVersion.objects.filter(dataset__task__in=tasks, frozen_at__isnull=True).select_related("job")
    jobs += [version.job for version in freezing if version.job and version.job.state not in _FINISHED]
    tuning = erasing.runs_that_read(record_ids).exclude(job__state__in=_FINISHED).select_related("job")
    jobs += [run.job for run in tuning]
    jobs += hub_push.pushes_of(versions).exclude(state__in=_FINISHED)
    records = Record.everything.filter(pk__in=list(record_ids)).select_related("task")
    jobs += [job for job in writing.writings_about(records) if job.state not in FINISHED]
    return [f"the job '{job.title}' is {job.state}" for job in jobs]


def _synthetic_jobs(tasks: QuerySet[Record, Any], record_ids: Sequence[UUID]) -> list[Job]:
    """Unfinished jobs that show these records as examples, or that made them up before they were resumed."""
    id_texts = {str(pk) for pk in record_ids}
    made_up = set(Record.objects.filter(pk__in=list(record_ids)).values_list("source__synthetic_job", flat=True))
    rows = Synthesis.objects.filter(task__in=tasks).exclude(order__job__state__in=_FINISHED)
    return [
        made.order.job
        for made in rows.select_related("order__job")
        if made.order.job and (made.order.job_id in made_up or id_texts & set(made.seeds))
    ]


def erase_texts(records: Sequence[Record]) -> None:
    """Empty what other rooms keep of texts made from records that were erased; run directories go with the records.

    Args:
        records: As they were before, with their tasks. Samples of runs are told by title, with a number where several
            records share one.
    """
    calls = Call.objects.filter(record__in=records)
    by_job: dict[UUID | None, list[str]] = {}
    for call_id, of_job in calls.values_list("pk", "order__job"):
        by_job.setdefault(of_job, []).append(str(call_id))
    calls.update(excerpt="", error_message="", fields=None)
    for job_id, call_ids in by_job.items():
        _empty_events(JobEvent.objects.filter(job=job_id), "call_id", frozenset(call_ids))
    writing.erase_about(records)
    for record in records:
        named = re.compile(rf"{re.escape(record.title)}(?: \(\d+\))?" if record.title else str(record.pk))
        samples = JobEvent.objects.filter(job__task_slug=record.task.slug, kind="sample").iterator(chunk_size=500)
        _empty(sample for sample in samples if named.fullmatch(str(sample.payload.get("id"))))
    _empty_synthetic([record.pk for record in records])


def versions_to_sweep() -> list[UUID]:
    """Versions that hold rows of erased drafts, and those that are not frozen: a freeze that failed left files."""
    versions = DatasetVersion.objects.filter(removed_samples.holds_erased() | Q(frozen_at__isnull=True))
    return list(versions.order_by().values_list("pk", flat=True))


def _empty_synthetic(records: Sequence[UUID]) -> None:
    """Empty whole orders that made records up: one call writes several."""
    orders = Order.objects.filter(job__in=Record.objects.filter(pk__in=records).values("source__synthetic_job"))
    Call.objects.filter(order__in=orders).update(excerpt="", error_message="", fields=None)
    Synthesis.objects.filter(order__in=orders).update(bad=[])
    _empty(JobEvent.objects.filter(job__in=orders.values("job"), kind__in=EVENTS_WITH_TEXT))


def _empty_events(events: QuerySet[JobEvent], key: str, values: frozenset[str]) -> None:
    """Empty the payloads that name one of these; numbers and times of the events stay."""
    events_with_text = events.filter(kind__in=EVENTS_WITH_TEXT)
    _empty(event for event in events_with_text.iterator(chunk_size=500) if str(event.payload.get(key)) in values)


def _empty(events: Iterable[JobEvent]) -> None:
    matching = list(events)
    for event in matching:
        kept = {name: event.payload[name] for name in ("step", "call_id") if name in event.payload}
        event.payload = {**kept, "id": "", "text": "", "erased": True}
    JobEvent.objects.bulk_update(matching, ["payload"], batch_size=500)
