"""Erases what engines of this room were given of records that are erased: run directories of evaluations and of scorings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from evaluation.models import Evaluation, EvaluationOutput, Measurement
from jobs.supervisor import prune_runs
from review.models import Record


def erase(record_ids: Sequence[UUID]) -> None:
    """Have run directories that hold facts of these records, or texts written for them, thrown away.

    Called in the transaction that erases the records; files go once it is committed. Doing it twice changes nothing.
    """
    prune_runs.prune_erased_texts(_jobs_that_read(list(record_ids)))


def _jobs_that_read(record_ids: Sequence[UUID]) -> set[UUID]:
    outputs = EvaluationOutput.objects.filter(record__in=record_ids).values("evaluation")
    jobs = set(Evaluation.objects.filter(pk__in=outputs, job__isnull=False).values_list("job", flat=True))
    tasks = Record.objects.filter(pk__in=record_ids).values("task")
    wanted = {str(pk) for pk in record_ids}
    scored = Measurement.objects.filter(job__isnull=False, run__task__in=tasks).values_list("job", "plan__scored")
    return jobs | {job for job, scored_on in scored if wanted & set(scored_on)}
