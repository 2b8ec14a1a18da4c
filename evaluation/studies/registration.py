"""A study before it is launched: its grid with the rows, recipe and fingerprint of every cell, and what it will cost.

Refuses what cannot be run; writes nothing, so that a page can show all of it beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.states import StudyKind
from evaluation.studies import beside as besides
from evaluation.studies import columns, grids
from evaluation.studies import design as designs
from evaluation.studies import outlook as outlooks
from evaluation.studies import queries as selectors
from evaluation.studies import record as records
from evaluation.studies import results as results_of
from evaluation.studies.beside import Beside
from evaluation.studies.columns import StudyColumn
from evaluation.studies.design import COMPARES_STUDENTS, DesignError, StudyArm, StudyDesign, StudyInputs, StudyRequest
from evaluation.studies.outlook import Scatter, StudyOutlook
from evaluation.studies.results import CellResult
from review.models import DatasetVersion, Task, TaskVersion
from review.states import Verdict
from training.inputs import samples, tuning_data
from training.inputs.samples import Sample
from training.models import Student
from training.recipes import identity
from training.runs import forecast, preflight
from training.runs.run_request import RunRequest
from training.states import SampleOf
from training.students import queries as students_of
from training.students import registration as student_registration
from web.errors import Refusal

# Longer than any run: the weights that are scored are the last ones, and no cell stops earlier than another.
NEVER_BEFORE_END: Final = 1_000_000
# How many times the parameters of one student another may have that is compared with it as an equal.
LIKE_SIZE: Final = 1.25
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
    """All of a study that is fixed before its first run; `reused` are fingerprints that were measured before.

    `student` is what its cells tune; where students are compared, the largest. `columns` are the tasks of a transfer.
    """

    version: DatasetVersion
    task_version: TaskVersion
    student: Student
    design: StudyDesign
    scored: tuple[str, ...]
    cells: tuple[PlannedStudyCell, ...]
    reused: frozenset[str]
    outlook: StudyOutlook
    columns: tuple[StudyColumn, ...] = ()

    @property
    def seconds(self) -> float | None:
        """What the cells that are new will take, one after another; None when only the engine can know."""
        new = [cell for cell in self.cells if cell.fingerprint not in self.reused]
        if any(cell.train_s is None for cell in new):
            return None
        return sum((cell.train_s or 0.0) + START_S + SCORING_S for cell in new)


def plan_study(
    wishes: StudyRequest, *, version: DatasetVersion, student: Student, others: Sequence[DatasetVersion] = ()
) -> StudyRegistration:
    """Lay out a study; `others` are versions of other tasks, for a transfer.

    Raises:
        Refusal: The version is not frozen or too small, has no validation records, the grid cannot be, or a recipe
            cannot be run on this student.
    """
    preflight.require_rows(version)
    files = tuning_data.tuning_data_of(version)
    if files is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    students, beside = _students(wishes, student), besides.found(wishes, version, student)
    if besides.encoders(students):
        besides.require_labels(version)
    versions = [version, *(others if wishes.kind == StudyKind.TRANSFER else ())]
    tasks = columns.columns_of(versions, limit=designs.SCORED_RECORDS) if wishes.kind == StudyKind.TRANSFER else ()
    try:
        design = grids.design_study(wishes, _inputs(wishes, versions, students, beside))
    except DesignError as error:
        raise Refusal("bad_study", str(error), hint=_hint(error), status=400, errors=error.errors) from error
    scored = [record for task in tasks for record in task.records] or beside.scored_in_both(
        selectors.validation_records(version, limit=design.scored_records)
    )
    if not scored:
        raise Refusal(
            "no_validation_records",
            f"{version} has no validation record that is still there, so cells could not be scored.",
            hint="Import more records, judge their drafts, then freeze the next version.",
        )
    task_version = tuning_data.newest_task_version(version)
    besides.require_values(design.metric, task_version)
    by_slug = {each.slug: each for each in students}
    by_id = {str(each.pk): each for each in versions}
    largest = students[-1]
    of_columns = {"columns": [task.as_json() for task in tasks]} if tasks else {}
    cells = [
        _cell(
            place,
            design=design,
            version=beside.version_of(place[0], by_id.get(place[0].version, version)),
            beside=beside,
            student=by_slug.get(place[0].student, largest),
            scoring={"scored": list(scored), "written_records": design.written_records, **of_columns},
        )
        for place in design.places
    ]
    reused = selectors.measured(cell.fingerprint for cell in cells)
    fewest = min((len(task.records) for task in tasks), default=len(scored))
    outlook = outlooks.of_design(design, _scatter(task_version.task, design), records=fewest)
    return StudyRegistration(
        version, task_version, largest, design, tuple(scored), tuple(cells), reused, outlook, tasks
    )


def _students(wishes: StudyRequest, student: Student) -> list[Student]:
    """What is tuned, the largest last, or the isolated expert: the one student, or all that are compared.

    Raises:
        Refusal: There is no student of that name, or of one of several it is not known how large it is.
    """
    if wishes.kind not in COMPARES_STUDENTS or (wishes.kind == StudyKind.METHODS and not wishes.students):
        return [student]
    slugs = dict.fromkeys([student.slug, *wishes.students])
    found = [student if slug == student.slug else students_of.by_slug(slug, field="students") for slug in slugs]
    unknown = next((each for each in found if not each.parameters), None)
    if unknown is not None:
        raise Refusal(
            "size_unknown",
            f"How many parameters '{unknown.slug}' has is not known, so it cannot be placed among the others.",
            hint="Tune it once, which tells its size, or leave it out.",
            errors={"students": [f"The size of '{unknown.slug}' is not known."]},
        )
    if wishes.kind == StudyKind.EXPERTS:
        _require_alike(found)
        return found[::-1]
    return sorted(found, key=lambda each: (each.parameters or 0, each.slug))


def _require_alike(students: Sequence[Student]) -> None:
    """Refuse an expert beside a dense student of another size: the larger one would win by that.

    Raises:
        Refusal: 400, one has more than a quarter more parameters than the other.
    """
    sizes = sorted(each.parameters or 0 for each in students)
    if sizes[-1] > LIKE_SIZE * sizes[0]:
        message = f"The students have {sizes[0]:,} and {sizes[-1]:,} parameters, so size would decide."
        hint = "Choose a dense student within a quarter of the expert's size."
        raise Refusal("unlike_sizes", message, hint=hint, status=400, errors={"students": [message]})


def _inputs(
    wishes: StudyRequest, versions: Sequence[DatasetVersion], students: Sequence[Student], beside: Beside
) -> StudyInputs:
    """What the versions hold, of each kind of rows that the study draws from: as many records as the smallest has.

    Raises:
        Refusal: The human filter is asked about, and the version holds nothing that it kept out.
    """
    version = versions[0]
    kinds = tuple(SampleOf) if wishes.kind == StudyKind.FILTER else (SampleOf.GOLDS,)
    rows = {of: samples.rows_to_draw_from(version, of) for of in kinds}
    if SampleOf.WRITTEN in rows and not any(row.verdict == Verdict.REJECT for row in rows[SampleOf.WRITTEN]):
        raise Refusal(
            "nothing_filtered",
            f"{version} holds no rejected draft, so what the human filter keeps out cannot be tuned on.",
            hint="Freeze a version with all three verdicts (accept, edit, reject), then ask again.",
            errors={"dataset_version": ["This version holds no rejected drafts."]},
        )
    held = {of: len({row.record for row in found}) for of, found in rows.items()}
    for other in [*versions[1:], *([beside.answers] if beside.answers else [])]:
        golds = samples.rows_to_draw_from(other, SampleOf.GOLDS)
        held[SampleOf.GOLDS] = min(held[SampleOf.GOLDS], len({row.record for row in golds}))
    return StudyInputs(
        records=held,
        students=tuple(each.slug for each in students),
        demo=student_registration.DEMO_SLUG,
        families={each.slug: each.model_type for each in students},
        encoders=besides.encoders(students),
        context_length=students[-1].context_length,
        versions={each.dataset.task.slug: str(each.pk) for each in versions},
    )


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
    beside: Beside,
    student: Student,
    scoring: Mapping[str, Any],
) -> PlannedStudyCell:
    arm, size, seed = place
    of = {
        "student": str(student.pk),
        "dataset_version": str(version.pk),
        "task_version": str(tuning_data.newest_task_version(version).pk),
        **scoring,
        "max_new_tokens": designs.MAX_NEW_TOKENS,
        **besides.plan_of(arm, design, beside),
    }
    if arm.is_base:
        plan = {**of, "untuned": True, "sample": {"records": 0, "rows": 0}}
        return PlannedStudyCell(arm, size, seed, plan, records.fingerprint(plan), 0.0)
    changes = {**overrides_of(design, seed), **dict(arm.changes)}
    preset, overrides, recipe = besides.recipe_of(arm, changes, student)
    sample = Sample(records=size, seed=seed, of=arm.of, one_each=arm.one_each, leaves_out=bool(arm.changes))
    rows = samples.rows_of(version, sample)
    request = RunRequest(dataset_version=version, student=student, teacher=beside.teacher_of(arm))
    guess = forecast.forecast(request, recipe=recipe, rows=rows)
    plan = {
        **of,
        "preset": preset,
        "overrides": overrides,
        "recipe": recipe.model_dump(mode="json"),
        "sample": samples.as_json(sample, rows),
    }
    return PlannedStudyCell(
        arm, size, seed, plan, records.fingerprint({**plan, "recipe": identity.values_of(recipe)}), guess.seconds
    )


def _hint(error: DesignError) -> str:
    return "Mend the fields named, or leave them empty to take the preset's." if error.errors else ""
