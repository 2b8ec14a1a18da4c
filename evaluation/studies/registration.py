"""A study before it is launched: its grid with the rows, recipe and fingerprint of every cell, and what it will cost.

Refuses what cannot be run; writes nothing, so that a page can show all of it beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.studies import design as designs
from evaluation.studies import outlook as outlooks
from evaluation.studies import queries as selectors
from evaluation.studies import record as records
from evaluation.studies import results as results_of
from evaluation.studies.design import DesignError, StudyArm, StudyDesign, StudyRequest
from evaluation.studies.outlook import Scatter, StudyOutlook
from evaluation.studies.results import CellResult
from review.models import DatasetVersion, Task, TaskVersion
from training.inputs import samples, tuning_data
from training.inputs.samples import Sample
from training.models import Student
from training.recipes import identity
from training.runs import compose_recipe, forecast, preflight
from training.runs.run_request import RunRequest
from web.errors import Refusal

# Longer than any run: the weights that are scored are the last ones, and no cell stops earlier than another.
NEVER_BEFORE_END: Final = 1_000_000
# Measured on two CPU cores (docs/studies.md): an engine's start until its first step, and the scoring of a cell.
START_S: Final = 9.0
SCORING_S: Final = 14.0


@dataclass(frozen=True)
class PlannedStudyCell:
    """One cell: where it stands in the grid, all its result hangs on, and how long its run will take."""

    arm: StudyArm
    records: int
    seed: int
    plan: dict[str, Any]
    fingerprint: str
    train_s: float | None


@dataclass(frozen=True)
class StudyRegistration:
    """All of a study that is fixed before its first run; `reused` are fingerprints that were measured before."""

    version: DatasetVersion
    task_version: TaskVersion
    student: Student
    design: StudyDesign
    scored: tuple[str, ...]
    cells: tuple[PlannedStudyCell, ...]
    reused: frozenset[str]
    outlook: StudyOutlook

    @property
    def seconds(self) -> float | None:
        """What the cells that are new will take, one after another; None when only the engine can know."""
        new = [cell for cell in self.cells if cell.fingerprint not in self.reused]
        if any(cell.train_s is None for cell in new):
            return None
        return sum((cell.train_s or 0.0) + START_S + SCORING_S for cell in new)


def plan_study(wishes: StudyRequest, *, version: DatasetVersion, student: Student) -> StudyRegistration:
    """Lay out a study.

    Raises:
        Refusal: The version is not frozen or too small, has no validation records, the grid cannot be, or a recipe
            cannot be run on this student.
    """
    preflight.require_rows(version)
    files = tuning_data.tuning_data_of(version)
    if files is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    rows = tuning_data.outlines(files.train)
    try:
        design = designs.design_study(wishes, available=len({row.record for row in rows}), is_demo=student.is_demo)
    except DesignError as error:
        raise Refusal("bad_study", str(error), hint=_hint(error), status=400, errors=error.errors) from error
    scored = selectors.validation_records(version, limit=design.scored_records)
    if not scored:
        raise Refusal(
            "no_validation_records",
            f"{version} has no validation record that is still there, so cells could not be scored.",
            hint="Import more records, judge their drafts, then freeze the next version.",
        )
    task_version = tuning_data.newest_task_version(version)
    cells = [
        _cell(place, design=design, version=version, task_version=task_version, student=student, scored=scored)
        for place in design.places
    ]
    reused = selectors.measured(cell.fingerprint for cell in cells)
    outlook = outlooks.of_design(design, _scatter(task_version.task, design), records=len(scored))
    return StudyRegistration(version, task_version, student, design, tuple(scored), tuple(cells), reused, outlook)


def _scatter(task: Task, design: StudyDesign) -> Scatter:
    """How far losses of the task's newest study scatter, else what is assumed."""
    measured = selectors.earlier_cells(task, design.metric)
    results = [
        CellResult(cell.arm, cell.records, cell.seed, cell.measurement.scores[design.metric], {}) for cell in measured
    ]
    groups = results_of.groups(results, lambda cell: (cell.arm, cell.records), design.metric)
    source = f"of the study registered on {measured[0].study.created_at:%-d %B %Y}" if measured else ""
    return outlooks.scatter_of(list(groups.values()), design.metric, source=source) or outlooks.assumed(design.metric)


def overrides_of(design: StudyDesign, seed: int) -> dict[str, Any]:
    """What a study changes of a preset: fixed epochs, its own seed, and no look at validation before the end."""
    return {"epochs": design.epochs, "seed": seed, "eval_every_steps": NEVER_BEFORE_END}


def _cell(
    place: tuple[StudyArm, int, int],
    *,
    design: StudyDesign,
    version: DatasetVersion,
    task_version: TaskVersion,
    student: Student,
    scored: Sequence[str],
) -> PlannedStudyCell:
    arm, size, seed = place
    overrides = overrides_of(design, seed)
    recipe = compose_recipe.compose(arm.recipe, overrides, student)
    sample = Sample(records=size, seed=seed)
    rows = samples.rows_of(version, sample)
    guess = forecast.forecast(RunRequest(dataset_version=version, student=student), recipe=recipe, rows=rows)
    plan = {
        "student": str(student.pk),
        "dataset_version": str(version.pk),
        "task_version": str(task_version.pk),
        "preset": arm.recipe,
        "overrides": overrides,
        "recipe": recipe.model_dump(mode="json"),
        "sample": samples.as_json(sample, rows),
        "scored": list(scored),
        "written_records": design.written_records,
        "max_new_tokens": designs.MAX_NEW_TOKENS,
    }
    return PlannedStudyCell(
        arm, size, seed, plan, records.fingerprint({**plan, "recipe": identity.values_of(recipe)}), guess.seconds
    )


def _hint(error: DesignError) -> str:
    return "Mend the fields named, or leave them empty to take the preset's." if error.errors else ""
