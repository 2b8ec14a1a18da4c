"""Erases what runs were given of records that are erased: rows and prompts in run directories, and shared tokens.

Weights keep what they learnt; a run and its miniature say that they contain what was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from jobs.supervisor import prune_runs
from review.datasets import removed_samples
from training.inputs import token_cache_folder, tuning_data
from training.models import TrainingRun
from training.states import RunPurpose


def erase(record_ids: Sequence[UUID]) -> None:
    """Have run directories of runs that read these records thrown away, and shared tokens with them.

    Called in the transaction that erases the records; files go once it is committed. Doing it twice changes nothing.
    """
    if jobs := set(runs_that_read(record_ids).values_list("job", flat=True)):
        prune_runs.prune_erased_texts(jobs)
        transaction.on_commit(token_cache_folder.empty)


def runs_that_read(record_ids: Sequence[UUID]) -> QuerySet[TrainingRun]:
    """Runs on rows of these records, and runs that may have them among the prompts of their samples."""
    on_rows = Q(dataset_version__in=removed_samples.version_ids_with(record_ids))
    sampled = Q(task__in=tuning_data.tasks_that_sample(record_ids), purpose=RunPurpose.MINIATURE)
    return TrainingRun.objects.filter(on_rows | sampled)
