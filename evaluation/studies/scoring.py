"""Input files of a cell's scoring engine, and the scores it returns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from evaluation.evaluations import inputs
from evaluation.evaluations.run_inputs import tuned_system
from evaluation.models import Measurement
from evaluation.studies.kinds import retrieval
from jobs.contracts import Result
from review.models import DatasetVersion, TaskVersion
from review.spec.task_spec import TaskSpec
from review.states import Split
from training.inputs import run_inputs as training_lay
from training.models import Student, TrainingRun
from training.students import registration
from web.errors import Refusal


def student_of(measurement_id: UUID) -> Student:
    return Student.objects.get(pk=Measurement.objects.get(pk=measurement_id).plan["student"])


def scoring_spec(measurement_id: UUID, run_dir: Path) -> dict[str, Any]:
    """Return the body of the engine's spec, and write the tuned files to the run directory. Outside any transaction.

    Raises:
        Refusal: A stored file or the base student has changed, or validation records are gone.
        LookupError: The measurement has neither a run nor an untuned student.
    """
    measurement = Measurement.objects.select_related(
        "run__student", "run__miniature", "run__task_version", "run__dataset_version"
    ).get(pk=measurement_id)
    plan = measurement.plan
    first, *others = _parts(measurement)
    return {
        **first,
        **({"others": others} if others else {}),
        "system": _base(measurement) if plan.get("untuned") else _tuned(measurement.run, run_dir),
        "written_records": plan["written_records"],
        "max_new_tokens": plan["max_new_tokens"],
        "allowed_roots": registration.allowed_roots(),
    }


def keep_scores(measurement_id: UUID, result: Result) -> None:
    """Store the scores of a cell, unless it has scores already."""
    if result.outcome == "succeeded":
        Measurement.objects.filter(pk=measurement_id, scores={}).update(scores=result.summary)


def _parts(measurement: Measurement) -> list[dict[str, Any]]:
    """Return the scored tasks, with records and the experts' texts; in most studies the run's own only."""
    plan, run = measurement.plan, measurement.run
    if "columns" not in plan and run is not None:
        part = _part(run.taught, run.dataset_version, plan["scored"])
        own = {"records": retrieval.records_of(run.dataset_version, plan)} if "passages_sha256" in plan else {}
        return [{**part, **own}]
    parts = []
    for column in plan["columns"]:
        version = DatasetVersion.objects.get(pk=column["dataset_version"])
        spec: TaskSpec = TaskVersion.objects.get(pk=column["task_version"]).spec
        parts.append(_part(spec.without_reasoning() if version.drops_reasoning else spec, version, column["records"]))
    return parts


def _part(task: TaskSpec, version: DatasetVersion, record_ids: Sequence[str]) -> dict[str, Any]:
    records = inputs.facts_of(record_ids)
    if len(records) != len(record_ids):
        raise Refusal(
            "records_gone",
            f"{len(record_ids) - len(records)} of the validation records that were registered are gone.",
            hint="Register the study again: it will be scored on those that are there.",
        )
    golds = inputs.golds_of(version, record_ids, split=Split.VALIDATION)
    return {"task": task.canonical(), "records": records, "golds": golds}


def _tuned(run: TrainingRun | None, run_dir: Path) -> dict[str, Any]:
    if run is None:
        raise LookupError("the measurement has no run")
    return tuned_system(run, run_dir)


def _base(measurement: Measurement) -> dict[str, Any]:
    student = Student.objects.get(pk=measurement.plan["student"])
    as_run = TrainingRun(student=student, created_at=measurement.created_at)
    return {"name": student.slug, "student": training_lay.student_ref(student, as_run), "method": "base"}
