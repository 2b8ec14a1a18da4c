"""Lay what the evaluation engine reads into its run directory. Runs in a worker, outside any transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from evaluation.evaluations import compared, inputs
from evaluation.models import Evaluation
from evaluation.states import SystemKind
from evaluation.suites import derive
from evaluation.suites import queries as suite_queries
from review.states import Split
from training.inputs import run_inputs as training_lay
from training.models import TrainingRun
from training.students import registration
from web.errors import Refusal

TUNED = "tuned"


def base_name(run: TrainingRun) -> str:
    """Return how tables call the student before any tuning."""
    return f"{run.student.slug} (base)"


def tuned_name(run: TrainingRun) -> str:
    """Return how tables call what a run made."""
    return f"run {run.number} (encoder)" if run.is_classifier else _name_by_method(run)


def _name_by_method(run: TrainingRun) -> str:
    return f"run {run.number} ({'LoRA' if run.method == 'lora' else 'full'})"


def evaluation_spec(evaluation_id: UUID, run_dir: Path) -> dict[str, Any]:
    """Body of the engine's spec. What wrote for the same records before is scored again, not run again.

    Raises:
        Refusal: A stored file or the base student is not what it was.
    """
    evaluation = Evaluation.objects.select_related(
        "run__student",
        "run__miniature",
        "task_version",
        "dataset_version",
        "teacher_order__teacher",
        "opening",
        "suite__task_version",
    ).get(pk=evaluation_id)
    run = evaluation.run
    tuned = tuned_system(run, run_dir)
    records = _records(evaluation)
    bases, base_outputs = _bases(evaluation, tuned["student"], records)
    return {
        "task": run.taught.canonical(),
        "records": records,
        "golds": _golds(evaluation),
        "systems": [*bases, tuned],
        "written": [
            *base_outputs,
            *_siblings(evaluation),
            *_teacher(evaluation),
            *compared.without_model(evaluation, records),
        ],
        **_level(evaluation),
        **_notes(evaluation),
        "host_usd_per_hour": settings.HOST_USD_PER_HOUR,
        "allowed_roots": registration.allowed_roots(),
    }


def tuned_system(run: TrainingRun, run_dir: Path) -> dict[str, Any]:
    """Return a run's miniature as a system of an engine's spec, and write its files to the run directory.

    Raises:
        Refusal: `no_miniature`; or a stored file or the base student is not what it was.
    """
    miniature = getattr(run, "miniature", None)
    if miniature is None:
        raise Refusal("no_miniature", f"{run.name} produced no miniature.", hint="Resume the run.")
    training_lay.miniature_files(miniature, run_dir / TUNED)
    student = training_lay.student_ref(run.student, run)
    return {"name": tuned_name(run), "student": student, "method": run.method, "tuned": TUNED}


def _records(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Records with their facts; a suite's own facts, without records erased since it was ordered."""
    records = inputs.facts_of(evaluation.record_ids)
    if evaluation.suite is None:
        return records
    facts = suite_queries.cases_left(evaluation.suite)
    return [{**record, "facts": facts[record["id"]]} for record in records if record["id"] in facts]


def _golds(evaluation: Evaluation) -> list[dict[str, str]]:
    """Golds of the records; none where a fact was taken away that the expert could write of."""
    rules = suite_queries.rules_of(evaluation.suite) if evaluation.suite else {}
    record_ids = [record for record in evaluation.record_ids if rules.get(record) not in derive.WITHOUT_GOLD]
    return inputs.golds_of(evaluation.dataset_version, record_ids, split=Split(evaluation.split))


def _notes(evaluation: Evaluation) -> dict[str, Any]:
    """Note on golds that are left out; empty where there are none."""
    version, split = evaluation.dataset_version, Split(evaluation.split)
    count = inputs.unread_golds(version, evaluation.record_ids, split=split)
    message = f"Approved examples that do not fit the task's newest output fields are left out: {count}."
    return {"notes": [message]} if count else {}


def _level(evaluation: Evaluation) -> dict[str, Any]:
    """Error level of an opening of the test split; empty for the usual one."""
    opening = getattr(evaluation, "opening", None)
    values: dict[str, Any] = {}
    if opening is not None and opening.planned > 1:
        values["level"] = opening.level
    if opening is not None and opening.is_exploratory:
        values["is_exploratory"] = True
    return values


def _bases(
    evaluation: Evaluation, student: dict[str, Any], records: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    run = evaluation.run
    # An encoder has nothing to say before it has heads.
    if run.is_classifier:
        return [], []
    bare = {"name": base_name(run), "student": student, "method": "base"}
    to_write, base_outputs = [], []
    for system in (bare, *compared.prompted_bases(evaluation, bare, records)):
        kind, name = SystemKind(system.get("kind") or system["method"]), system["name"]
        earlier = inputs.base_of(evaluation, run.student, system=name)
        written = inputs.written_by(earlier, kind, system=name) if earlier else None
        if written:
            base_outputs.append(written)
        else:
            to_write.append(system)
    return to_write, base_outputs


def _siblings(evaluation: Evaluation) -> list[dict[str, Any]]:
    written = [_tuned_outputs(other) for other in inputs.comparable_evaluations(evaluation)]
    return [system for system in written if system is not None]


def _tuned_outputs(evaluation: Evaluation) -> dict[str, Any] | None:
    """Recognize old outputs of encoders, which were named after their method."""
    run, kind = evaluation.run, SystemKind(evaluation.run.method)
    outputs = inputs.written_by(evaluation, kind, system=tuned_name(run))
    if outputs is None and run.is_classifier:
        outputs = inputs.written_by(evaluation, kind, system=_name_by_method(run))
    return outputs and {**outputs, "name": tuned_name(run)}


def _teacher(evaluation: Evaluation) -> list[dict[str, Any]]:
    order = evaluation.teacher_order
    if order is None:
        return []
    outputs = inputs.teacher_outputs(order, names={field.name for field in evaluation.run.taught.output_schema})
    return [{"name": order.teacher.name, "method": "teacher", "outputs": outputs}] if outputs else []
