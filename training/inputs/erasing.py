"""Erases what runs were given of records that are erased: rows in run directories, and the tokens that runs share.

Weights keep what they learnt; a run and its miniature say that they contain what was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from jobs.supervisor import prune_runs
from review.datasets import removed_samples
from training.inputs import token_cache_folder
from training.models import TrainingRun


def erase(record_ids: Sequence[UUID]) -> None:
    """Have run directories of runs on these records thrown away, and shared tokens with them.

    Called in the transaction that erases the records; files go once it is committed. Doing it twice changes nothing.
    """
    versions = removed_samples.version_ids_with(record_ids)
    runs = TrainingRun.objects.filter(dataset_version__in=versions).values_list("job", flat=True)
    if jobs := set(runs):
        prune_runs.prune_erased_texts(jobs)
        transaction.on_commit(token_cache_folder.empty)
