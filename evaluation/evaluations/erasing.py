"""Erases what this room keeps of erased records: run directories of its engines, and golds repeated as outputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from evaluation.models import Evaluation, EvaluationOutput, Measurement
from evaluation.states import SystemKind
from jobs.supervisor import prune_runs
from review.models import DatasetRow, Record


def erase(record_ids: Sequence[UUID]) -> None:
    """Have run directories that hold facts of these records, or texts written for them, thrown away.

    Baselines repeat golds of records that were trained on, or were shown them: where one of these records was, what
    baselines wrote goes too, and its figures stay. Called in the transaction that erases the records; files go once it
    is committed. What any system wrote for an erased record goes too. Doing it twice changes nothing.
    """
    erased = list(record_ids)
    versions = DatasetRow.objects.filter(draft__record__in=erased).values("version")
    taught = list(Evaluation.objects.filter(dataset_version__in=versions).values_list("pk", flat=True))
    prune_runs.prune_erased_texts(_jobs_that_read(erased, taught))
    outputs = EvaluationOutput.objects.filter(evaluation__in=taught, kind=SystemKind.BASELINE)
    repeated = set(outputs.values_list("evaluation", "system").distinct())
    outputs.delete()
    # What was written for the records themselves: scores stay, so that figures do.
    written = EvaluationOutput.objects.filter(record__in=erased)
    read_them = set(written.values_list("evaluation", flat=True))
    written.update(text="", fields=None, marks=[])
    transaction.on_commit(partial(_drop_stored, repeated, read_them, {str(pk) for pk in erased}))


def _jobs_that_read(record_ids: Sequence[UUID], taught: Sequence[UUID]) -> set[UUID]:
    outputs = EvaluationOutput.objects.filter(record__in=record_ids).values_list("evaluation", flat=True)
    evaluations = Evaluation.objects.filter(pk__in={*outputs, *taught}, job__isnull=False)
    jobs = set(evaluations.values_list("job", flat=True))
    tasks = Record.objects.filter(pk__in=record_ids).values("task")
    names = {str(pk) for pk in record_ids}
    # Those that ended without outputs were given the facts all the same, of suites with what was done to them.
    job_records = Evaluation.objects.filter(job__isnull=False, task__in=tasks).values_list("job", "record_ids")
    jobs |= {job for job, records in job_records if names & set(records)}
    # Of any task: a study scores what was tuned on another's records, and students as they came.
    measured = Measurement.objects.filter(job__isnull=False)
    jobs |= {job for job, scored in measured.values_list("job", "plan__scored").iterator() if names & set(scored)}
    # A claim is checked against passages of its task's other records too.
    searched = measured.filter(plan__has_key="passages_sha256", run__task__in=tasks)
    return jobs | set(searched.values_list("job", flat=True))


def _drop_stored(repeated: set[tuple[UUID, str]], read_them: set[UUID], erased: set[str]) -> None:
    """Rewrite stored outputs without text repeated from, or written for, erased records."""
    for evaluation in {evaluation for evaluation, _ in repeated} | read_them:
        folder, systems = f"evaluations/{evaluation}", {system for of, system in repeated if of == evaluation}
        try:
            names = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in names:
            _rewrite(f"{folder}/{name}", systems, erased)


def _rewrite(path: str, systems: set[str], erased: set[str]) -> None:
    with default_storage.open(path, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    outputs = [json.loads(line) for line in lines]
    kept = [
        line
        for line, output in zip(lines, outputs, strict=True)
        if output["system"] not in systems and output["record"] not in erased
    ]
    default_storage.delete(path)
    default_storage.save(path, ContentFile(b"".join(kept)))
