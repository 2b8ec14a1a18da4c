"""Cells of a study before its launch: rows, recipe, fingerprint and expected seconds of each. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evaluation.studies import cloning_inputs
from evaluation.studies import design as designs
from evaluation.studies import record as records
from evaluation.studies.cloning_inputs import CloningInputs
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds import KINDS
from review.models import DatasetVersion
from training.inputs import samples, tuning_data
from training.inputs.samples import Sample
from training.inputs.tuning_data import RowOutline
from training.models import Student
from training.recipes import identity
from training.runs import forecast
from training.runs.run_request import RunRequest
from training.states import SampleOf
from web.errors import Refusal

# Longer than any run: the last weights are scored, and no cell stops early.
NEVER_BEFORE_END: Final = 1_000_000


@dataclass(frozen=True)
class PlannedStudyCell:
    """Cell: its place in the grid, all that determines its result, and the expected seconds of its run."""

    arm: StudyArm
    records: int
    seed: int
    plan: dict[str, Any]
    fingerprint: str
    train_s: float | None


@dataclass(frozen=True)
class CellInputs:
    """Inputs that all cells of a study share.

    Attributes:
        versions: Versions of a transfer by id.
        student: Student to tune where an arm names none of its own.
        students: Students by slug.
        cloning: Teacher of logits, and the version without the reasoning.
        scoring: Part of every plan that says how cells are scored.
    """

    design: StudyDesign
    version: DatasetVersion
    student: Student
    cloning: CloningInputs
    scoring: Mapping[str, Any]
    versions: Mapping[str, DatasetVersion] = field(default_factory=dict)
    students: Mapping[str, Student] = field(default_factory=dict)

    def version_of(self, arm: StudyArm) -> DatasetVersion:
        return self.cloning.version_of(arm, self.versions.get(arm.version, self.version))


def plan_cells(inputs: CellInputs) -> tuple[PlannedStudyCell, ...]:
    """Plan every cell in grid order; a cell that continues another's run comes after it.

    Raises:
        Refusal: A recipe cannot be run on its student, or an arm has too few rows.
    """
    cells: dict[tuple[str, int, int], PlannedStudyCell] = {}
    for arm, size, seed in inputs.design.places:
        before = cells[arm.after, size, seed] if arm.after else None
        cells[arm.name, size, seed] = _cell(inputs, arm, size, seed, before)
    return tuple(cells.values())


def overrides_of(design: StudyDesign, seed: int) -> dict[str, Any]:
    """Return a study's changes to a preset: fixed epochs, a cell's seed, and validation only at the end."""
    return {"epochs": design.epochs, "seed": seed, "eval_every_steps": NEVER_BEFORE_END}


def _cell(inputs: CellInputs, arm: StudyArm, size: int, seed: int, before: PlannedStudyCell | None) -> PlannedStudyCell:
    version, student = inputs.version_of(arm), inputs.students.get(arm.student, inputs.student)
    of = {
        "student": str(student.pk),
        "dataset_version": str(version.pk),
        "task_version": str(tuning_data.newest_task_version(version).pk),
        **inputs.scoring,
        "max_new_tokens": designs.MAX_NEW_TOKENS,
        **cloning_inputs.plan_of(arm, inputs.design, inputs.cloning),
        **({"after": before.fingerprint} if before else {}),
        **({"scored": list(arm.scores)} if arm.scores else {}),
        **({"unjudged_sha256": samples.train_file(version, arm.of).sha256} if arm.of == SampleOf.RAW else {}),
    }
    if arm.is_base:
        plan = {**of, "untuned": True, "sample": {"records": 0, "rows": 0}}
        return PlannedStudyCell(arm, size, seed, plan, records.fingerprint(plan), 0.0)
    preset, overrides, recipe = cloning_inputs.recipe_of(arm, _changes(inputs.design, arm, seed), student)
    if recipe.reads != arm.reads:
        _refuse_recipe(arm, f"'{arm.recipe}' reads {recipe.reads} rows, and this arm has {arm.reads} rows")
    if before and before.plan["recipe"]["method"] != recipe.method:
        _refuse_recipe(
            arm, f"'{arm.recipe}' uses another method than its SFT run, and adapters can only start from adapters"
        )
    sample = _sample(inputs.design, arm, size, seed)
    rows = _rows(version, sample, arm)
    request = RunRequest(dataset_version=version, student=student, teacher=inputs.cloning.teacher_of(arm))
    guess = forecast.forecast(request, recipe=recipe, rows=rows)
    kept = samples.as_json(sample, rows)
    plan = {
        **of,
        "preset": preset,
        "overrides": overrides,
        "recipe": recipe.model_dump(mode="json"),
        "sample": kept,
    }
    fingerprint = records.fingerprint({**plan, "recipe": identity.values_of(recipe)})
    return PlannedStudyCell(arm, kept["records"], seed, plan, fingerprint, guess.seconds)


def _changes(design: StudyDesign, arm: StudyArm, seed: int) -> dict[str, Any]:
    """Return the changes to an arm's preset; preferences keep its epochs, because they overfit sooner than texts."""
    changes = {**overrides_of(design, seed), **dict(arm.changes)}
    return {name: value for name, value in changes.items() if name != "epochs"} if arm.after else changes


def _sample(design: StudyDesign, arm: StudyArm, size: int, seed: int) -> Sample:
    if KINDS[design.kind].is_by_minutes:
        return Sample(records=0, seed=seed, minutes=size, reads=arm.reads, with_miniature=arm.with_miniature)
    return Sample(
        records=size,
        seed=seed,
        of=arm.of,
        one_each=arm.one_each,
        leaves_out="max_length" in dict(arm.changes),
        fact=arm.fact,
        says=arm.says,
    )


def _rows(version: DatasetVersion, sample: Sample, arm: StudyArm) -> Sequence[RowOutline]:
    """Return the rows of a sample; a refusal of too small a budget or segment names the arm."""
    try:
        return samples.rows_of(version, sample)
    except Refusal as refusal:
        if not sample.minutes and not sample.fact:
            raise
        message, field = f"{arm.name}: {refusal.message}", "minutes" if sample.minutes else "segment"
        raise Refusal(refusal.code, message, hint=refusal.hint, errors={field: [message]}) from refusal


def _refuse_recipe(arm: StudyArm, why: str) -> None:
    message = f"{arm.name}: {why}."
    raise Refusal("unlike_recipes", message, hint="Choose another preset.", status=400, errors={"recipes": [message]})
