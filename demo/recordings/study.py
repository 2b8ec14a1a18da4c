"""Measurements of a study on the demo's data, kept by what was asked and not by ids, and given to a fresh demo.

A study runs nothing that was measured before. So the recorded cells are laid down as measured, and the product registers the
study, takes them up and comes to its verdict. They are laid down for the inputs they were made from and for no others.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

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
from review.models import DatasetVersion
from review.states import Split
from training.inputs import samples, tuning_data
from training.models import Student

# How many samples, in as many sizes as a curve takes: minutes on the demo student.
WISHES = StudyRequest(kind="samples", sizes=(10, 20, 40, 80), seeds=(1, 2), epochs=1)
CELLS = "cells.json"
# What the table of a study tells of a cell's run.
RUN_FIGURES = ("steps", "seconds", "peak_memory_gib", "trainable_parameters", "artefact_bytes")
# Of a plan: ids, and hashes of ids.
IDS = frozenset({"student", "dataset_version", "task_version", "scored", "sample"})


def kept() -> Path:
    return recording_of("study")


def body_of(laid: StudyRegistration) -> dict[str, Any]:
    """All that the cells of a study hang on, as a fingerprint can be taken of it."""
    files = tuning_data.tuning_data_of(laid.version)
    assert files is not None
    with default_storage.open(files.train.path, "rb") as opened:
        rows = {row["id"]: row for row in (json.loads(line) for line in opened)}
    cells = []
    for cell in laid.cells:
        drawn = samples.rows_of(laid.version, samples.from_json(cell.plan["sample"]))
        plan = {name: value for name, value in cell.plan.items() if name not in IDS}
        cells.append({**plan, "records": cell.records, "rows": [rows[row.id] for row in drawn]})
    return {
        "task": laid.task_version.content_hash,
        "student": laid.student.manifest_sha256,
        "records": facts_of(laid.scored),
        # Outputs are written for the first of them.
        "order": list(laid.scored),
        "golds": golds_of(laid.version, laid.scored, split=Split.VALIDATION),
        "cells": cells,
        "scoring": SCORING,
    }


def rules_of(body: dict[str, Any]) -> str:
    """A hash of all that a study hangs on beside the records of its task."""
    cells = [{name: value for name, value in cell.items() if name != "rows"} for cell in body["cells"]]
    rules = {name: body[name] for name in ("task", "student", "scoring")}
    return inputs.fingerprint({**rules, "cells": cells}, kept())


def play(version: DatasetVersion, student: Student, *, by: Member) -> Study | None:
    """Register the recorded study and have it concluded; None where none was recorded, or from other inputs."""
    if not kept().is_dir():
        return None
    laid = registration.plan_study(WISHES, version=version, student=student)
    body = body_of(laid)
    about = json.loads((kept() / "recording.json").read_text())
    if about["inputs"] != inputs.fingerprint(body, kept()):
        return None
    recorded = json.loads(inputs.with_ids((kept() / CELLS).read_text(), body))
    scores = {(each["records"], each["seed"]): each["scores"] for each in recorded}
    with transaction.atomic():
        for cell in laid.cells:
            Measurement.objects.get_or_create(
                fingerprint=cell.fingerprint,
                defaults={"plan": cell.plan, "scores": scores[cell.records, cell.seed]},
            )
        study = launch_study.launch(WISHES, version=version, student=student, by=by)
        job = lock_job(study.job_id)
        said = f"Its cells were measured on {about['on']}, in {about['seconds']:.0f} s on {about['machine']}."
        append_event(job, "log", {"level": "info", "message": said}, spec={**job.spec, PLAYED_BACK: True})
    run_job(study.job_id, worker="demo")
    return study


def do_live(
    version: DatasetVersion, student: Student, *, by: Member, wishes: StudyRequest = WISHES
) -> tuple[Study, dict[str, Any]]:
    """Do a study with its engines, one job after another, and return it with what its cells hang on.

    Raises:
        RuntimeError: It does not come to its end.
    """
    body = body_of(registration.plan_study(wishes, version=version, student=student))
    study = launch_study.launch(wishes, version=version, student=student, by=by)
    waiting = Job.objects.filter(task_slug=study.task.slug, state__in=CLAIMABLE).exclude(pk=study.job_id)
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


def keep(study: Study, body: dict[str, Any]) -> None:
    """Keep what the cells of a study measured, in a folder that holds nothing else."""
    shutil.rmtree(kept(), ignore_errors=True)
    kept().mkdir(parents=True)
    (kept() / CELLS).write_text(inputs.with_keys(json.dumps(_scores(study), indent=1), body) + "\n")


def _scores(study: Study) -> list[dict[str, Any]]:
    """Scores of each cell with the figures of its run, which is not kept."""
    rows = []
    for cell in queries.cells(study):
        figures = queries.run_figures(cell.measurement)
        scores = {**cell.measurement.scores, "run": {name: figures[name] for name in RUN_FIGURES}}
        rows.append({"records": cell.records, "seed": cell.seed, "scores": scores})
    return rows
