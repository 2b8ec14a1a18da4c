"""Recorded measurements of studies on the demo's data, by inputs and not by ids, for a fresh demo.

A study repeats no measurement. So the recorded cells are inserted as measured, and the product registers each study,
uses them and writes its verdict. They are inserted only for the inputs they were made from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from demo.recordings import inputs
from demo.recordings.engine import recording_of
from evaluation.evaluations.inputs import facts_of, golds_of
from evaluation.models import Measurement, Study
from evaluation.studies import launch_study, queries, registration
from evaluation.studies.design import StudyRequest
from evaluation.studies.record import SCORING
from evaluation.studies.registration import StudyRegistration
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.models import PLAYED_BACK, Job
from jobs.states import CLAIMABLE, FINISHED
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.models import DatasetFile, DatasetVersion, TaskVersion
from review.states import Split
from training.inputs import samples
from training.models import Student

# Number of samples, in as many sizes as a curve requires; then other claims of the paper, three minutes each.
SAMPLES = StudyRequest(kind="samples", sizes=(10, 20, 40, 80), seeds=(1, 2), epochs=1)
REQUESTS = (
    SAMPLES,
    *(StudyRequest(kind=kind, sizes=(80,), seeds=(1, 2), epochs=1) for kind in ("methods", "precision")),
)
# The transfer between mails and company news, once both tasks are there.
TRANSFER = StudyRequest(kind="transfer", sizes=(80,), seeds=(1, 2), epochs=1)
CELLS = "cells.json"
# Figures of a cell's run in the table of a study.
RUN_FIGURES = ("steps", "seconds", "peak_memory_gib", "trainable_parameters", "artefact_bytes")
# Keys of a plan with ids, or hashes of ids.
IDS = frozenset({"student", "dataset_version", "task_version", "scored", "sample", "columns"})


def kept(request: StudyRequest = SAMPLES) -> Path:
    return recording_of("study", "" if request.kind == SAMPLES.kind else request.kind)


def body_of(laid: StudyRegistration) -> dict[str, Any]:
    """Return everything that determines the cells of a study, for a fingerprint."""
    ids = {laid.version.pk, *(UUID(column.dataset_version) for column in laid.columns)}
    versions = {str(pk): version for pk, version in DatasetVersion.objects.in_bulk(ids).items()}
    others = [column.task_version for column in laid.columns if column.dataset_version != str(laid.version.pk)]
    rows_of = cache(_rows)
    cells = []
    for cell in laid.cells:
        version = versions[cell.plan["dataset_version"]]
        # The student as it came is tuned on no row.
        drawn = samples.rows_of(version, samples.from_json(cell.plan["sample"])) if cell.records else []
        rows = [rows_of(samples.train_file(version, cell.arm.of))[row.id] for row in drawn]
        plan = {name: value for name, value in cell.plan.items() if name not in IDS}
        cells.append({**plan, "records": cell.records, "rows": rows})
    return {
        "task": laid.task_version.content_hash,
        "student": laid.student.manifest_sha256,
        "records": facts_of(laid.scored),
        # Outputs are written for the first records.
        "order": list(laid.scored),
        "golds": [gold for each in versions.values() for gold in golds_of(each, laid.scored, split=Split.VALIDATION)],
        "cells": cells,
        "scoring": SCORING,
        **({"others": _hashes(others)} if others else {}),
    }


def _hashes(task_versions: list[str]) -> list[str]:
    return sorted(TaskVersion.objects.filter(pk__in=task_versions).values_list("content_hash", flat=True))


def _rows(file: DatasetFile) -> dict[str, Any]:
    with default_storage.open(file.path, "rb") as opened:
        return {row["id"]: row for row in (json.loads(line) for line in opened)}


def rules_of(body: dict[str, Any]) -> str:
    """Hash everything that determines a study except the records of its task."""
    cells = [{name: value for name, value in cell.items() if name != "rows"} for cell in body["cells"]]
    rules: dict[str, Any] = {name: body[name] for name in ("task", "student", "scoring", "others") if name in body}
    return inputs.fingerprint({**rules, "cells": cells}, kept())


def play(
    version: DatasetVersion,
    student: Student,
    *,
    by: Member,
    request: StudyRequest = SAMPLES,
    others: Sequence[DatasetVersion] = (),
) -> Study | None:
    """Register and conclude a recorded study; None without a recording of these inputs.

    Args:
        others: Versions of the other tasks of a transfer.
    """
    folder = kept(request)
    if not folder.is_dir():
        return None
    laid = registration.plan_study(request, version=version, student=student, others=others)
    body = body_of(laid)
    about = json.loads((folder / "recording.json").read_text())
    if about["inputs"] != inputs.fingerprint(body, folder):
        return None
    recorded = json.loads(inputs.with_ids((folder / CELLS).read_text(), body))
    scores = {(each["arm"], each["records"], each["seed"]): each["scores"] for each in recorded}
    with transaction.atomic():
        for cell in laid.cells:
            Measurement.objects.get_or_create(
                fingerprint=cell.fingerprint,
                defaults={"plan": cell.plan, "scores": scores[cell.arm.name, cell.records, cell.seed]},
            )
        study = launch_study.launch(request, version=version, student=student, by=by, others=others)
        job = lock_job(study.job_id)
        message = f"Its cells were measured before, in {about['seconds']:.0f} s on {about['machine']}."
        append_event(job, "log", {"level": "info", "message": message}, spec={**job.spec, PLAYED_BACK: True})
    run_job(study.job_id, worker="demo")
    return study


def do_live(
    version: DatasetVersion,
    student: Student,
    *,
    by: Member,
    request: StudyRequest = SAMPLES,
    others: Sequence[DatasetVersion] = (),
) -> tuple[Study, dict[str, Any]]:
    """Run a study with its engines, one job after another, and return it with the body of its inputs.

    Raises:
        RuntimeError: A job did not succeed.
    """
    body = body_of(registration.plan_study(request, version=version, student=student, others=others))
    study = launch_study.launch(request, version=version, student=student, by=by, others=others)
    tasks = [study.task.slug, *(other.dataset.task.slug for other in others)]
    waiting = Job.objects.filter(task_slug__in=tasks, state__in=CLAIMABLE).exclude(pk=study.job_id)
    while True:
        run_job(study.job_id, worker="demo")
        study.job.refresh_from_db()
        if study.job.state in FINISHED or not waiting.exists():
            break
        while job := waiting.order_by("created_at").first():
            run_job(job.pk, worker="demo")
    if study.job.state != "succeeded":
        raise RuntimeError(f"{study.job.title} is {study.job.state}: {study.job.error or study.job.waiting_reason}")
    return study, body


def keep(study: Study, body: dict[str, Any], request: StudyRequest = SAMPLES) -> None:
    """Write the measurements of a study's cells into a folder of their own."""
    folder = kept(request)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / CELLS).write_text(inputs.with_keys(json.dumps(_scores(study), indent=1), body) + "\n")


def _scores(study: Study) -> list[dict[str, Any]]:
    """Return the scores of each cell with the figures of its run, which is not recorded."""
    rows = []
    for cell in queries.cells(study):
        figures = queries.run_figures(cell.measurement)
        # Nothing was run for the student as it came.
        run = {"run": {name: figures[name] for name in RUN_FIGURES}} if figures else {}
        scores = {**cell.measurement.scores, **run}
        rows.append({"arm": cell.arm, "records": cell.records, "seed": cell.seed, "scores": scores})
    return rows
