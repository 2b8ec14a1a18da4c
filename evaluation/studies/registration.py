"""Plan of a study before its launch: its grid with the rows, recipe and fingerprint of every cell, and its cost.

Writes nothing, so that a page can show the plan or its refusal beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from evaluation.studies import cloning_inputs, columns, grids, planned_cells
from evaluation.studies import design as designs
from evaluation.studies import outlook as outlooks
from evaluation.studies import queries as selectors
from evaluation.studies import results as results_of
from evaluation.studies.cloning_inputs import CloningInputs
from evaluation.studies.columns import StudyColumn
from evaluation.studies.design import DesignError, StudyDesign, StudyInputs, StudyRequest
from evaluation.studies.kinds import KINDS, Kind
from evaluation.studies.kinds.base import Retrieval
from evaluation.studies.outlook import Scatter, StudyOutlook
from evaluation.studies.planned_cells import CellInputs, PlannedStudyCell
from evaluation.studies.results import CellResult
from review.models import DatasetVersion, Task, TaskVersion
from review.states import Verdict
from training.inputs import samples, tuning_data
from training.models import Student
from training.runs import preflight
from training.states import SampleOf
from training.students import queries as students_of
from training.students.shipped import SHIPPED
from web.errors import Refusal

# Scoring of a cell, measured on two CPU cores (docs/studies.md).
SCORING_S: Final = 14.0


@dataclass(frozen=True)
class StudyRegistration:
    """Everything that is fixed before the first run of a study.

    Attributes:
        student: Student that its cells tune; the largest of several.
        reused: Fingerprints with an earlier measurement.
        columns: Tasks of a transfer.
        companies: Numbered company of each scored record.
        retrieval: Passages that a search found.
    """

    version: DatasetVersion
    task_version: TaskVersion
    student: Student
    design: StudyDesign
    scored: tuple[str, ...]
    cells: tuple[PlannedStudyCell, ...]
    reused: frozenset[str]
    outlook: StudyOutlook
    companies: Mapping[str, int]
    columns: tuple[StudyColumn, ...] = ()
    retrieval: Retrieval = field(default_factory=Retrieval)

    @property
    def kind(self) -> Kind:
        return KINDS[self.design.kind]

    @property
    def seconds(self) -> float | None:
        """Return the expected seconds of the new cells, one after another; None where only the engine can tell."""
        new = [cell for cell in self.cells if cell.fingerprint not in self.reused]
        if any(cell.train_s is None for cell in new):
            return None
        return sum((cell.train_s or 0.0) + SCORING_S for cell in new)


def plan_study(
    request: StudyRequest, *, version: DatasetVersion, student: Student, others: Sequence[DatasetVersion] = ()
) -> StudyRegistration:
    """Plan a study; `others` are versions of other tasks, for a transfer.

    Raises:
        Refusal: The version is not frozen, too small or without validation records, the grid is not valid, or a recipe
            cannot be run on this student.
    """
    preflight.require_rows(version)
    if tuning_data.tuning_data_of(version) is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    try:
        kind = grids.kind_of(request)
    except DesignError as error:
        raise _refused(error) from error
    students, cloning = _students(kind, request, student), kind.cloning(request, version, student)
    if cloning_inputs.encoders(students):
        cloning_inputs.require_labels(version)
    versions = [version, *(others if kind.is_across_tasks else ())]
    tasks = columns.columns_of(versions, limit=designs.SCORED_RECORDS) if kind.is_across_tasks else ()
    design = _design(request, versions, students, cloning)
    scored = _scored(version, tasks, design, cloning)
    task_version = tuning_data.newest_task_version(version)
    retrieval = kind.retrieve(version, task_version.spec, scored)
    cloning_inputs.require_values(design.metric, task_version)
    of_columns = {"columns": [asdict(task) for task in tasks]} if tasks else {}
    inputs = CellInputs(
        design=design,
        version=version,
        student=students[-1],
        cloning=cloning,
        scoring={"scored": scored, "written_records": design.written_records, **of_columns, **retrieval.scoring},
        versions={str(each.pk): each for each in versions},
        students={each.slug: each for each in students},
    )
    cells = planned_cells.plan_cells(inputs)
    companies = selectors.companies_of(scored)
    drawn = min(
        len({companies[record] for record in of}) for of in ([task.records for task in tasks] or [tuple(scored)])
    )
    return StudyRegistration(
        version,
        task_version,
        students[-1],
        design,
        tuple(scored),
        cells,
        selectors.measured(cell.fingerprint for cell in cells),
        outlooks.of_design(design, _scatter(task_version.task, design), records=drawn),
        companies,
        tasks,
        retrieval,
    )


def _design(
    request: StudyRequest, versions: Sequence[DatasetVersion], students: Sequence[Student], cloning: CloningInputs
) -> StudyDesign:
    """Return the design, once the version has enough rows of each format that an arm reads."""
    try:
        design = grids.design_study(request, _inputs(request, versions, students, cloning))
    except DesignError as error:
        raise _refused(error) from error
    for reads in dict.fromkeys(arm.reads for arm in design.arms):
        preflight.require_rows(versions[0], reads)
    return design


def _scored(
    version: DatasetVersion, tasks: Sequence[StudyColumn], design: StudyDesign, cloning: CloningInputs
) -> list[str]:
    """Choose the validation records that score every cell; refuse where there are none."""
    scored = [record for task in tasks for record in task.records] or cloning.scored_in_both(
        selectors.validation_records(version, limit=design.scored_records)
    )
    if not scored:
        raise Refusal(
            "no_validation_records",
            f"{version} has no validation record that is still there, so cells could not be scored.",
            hint="Import more records, judge their drafts, then freeze the next version.",
        )
    return scored


def _students(kind: Kind, request: StudyRequest, student: Student) -> list[Student]:
    """Return the students to tune, the largest or the isolated expert last.

    Refuse several of which a size is unknown.
    """
    if kind.order_students is None or (kind.tunes_one_too and not request.students):
        return [student]
    slugs = dict.fromkeys([student.slug, *request.students])
    chosen = [student if slug == student.slug else students_of.by_slug(slug, field="students") for slug in slugs]
    unknown = next((each for each in chosen if not each.parameters), None)
    if unknown is not None:
        raise Refusal(
            "size_unknown",
            f"How many parameters '{unknown.slug}' has is not known, so it cannot be placed among the others.",
            hint="Tune it once to measure its size, or leave it out.",
            errors={"students": [f"The size of '{unknown.slug}' is not known."]},
        )
    return kind.order_students(chosen)


def _inputs(
    request: StudyRequest, versions: Sequence[DatasetVersion], students: Sequence[Student], cloning: CloningInputs
) -> StudyInputs:
    """Count the records of each kind of rows; the smallest version counts.

    Raises:
        Refusal: The kind needs a rejected draft, or a raw arm unjudged drafts, and the version holds none.
    """
    version, kind = versions[0], KINDS[request.kind]
    rows = {of: samples.rows_to_draw_from(version, of) for of in _kinds_of_rows(kind, request)}
    if SampleOf.WRITTEN in rows and not any(row.verdict == Verdict.REJECT for row in rows[SampleOf.WRITTEN]):
        raise Refusal(
            "nothing_filtered",
            f"{version} holds no rejected draft, so {kind.needs_rejected}.",
            hint="Freeze a version with all three verdicts (accept, edit, reject), then register the study again.",
            errors={"dataset_version": ["This version holds no rejected drafts."]},
        )
    held = {of: len({row.record for row in kind_rows}) for of, kind_rows in rows.items()}
    for other in [*versions[1:], *([cloning.answers] if cloning.answers else [])]:
        golds = samples.rows_to_draw_from(other, SampleOf.ACCEPTED_OR_EDITED)
        held[SampleOf.ACCEPTED_OR_EDITED] = min(held[SampleOf.ACCEPTED_OR_EDITED], len({row.record for row in golds}))
    return StudyInputs(
        records=held,
        students=tuple(each.slug for each in students),
        shipped=SHIPPED,
        families={each.slug: each.model_type for each in students},
        encoders=cloning_inputs.encoders(students),
        context_length=students[-1].context_length,
        versions={each.dataset.task.slug: str(each.pk) for each in versions},
        **kind.more_inputs(request, version),
    )


def _kinds_of_rows(kind: Kind, request: StudyRequest) -> tuple[SampleOf, ...]:
    if not kind.needs_rejected:
        return (SampleOf.ACCEPTED_OR_EDITED,)
    wants_raw = request.raw and kind.takes_raw
    return tuple(of for of in SampleOf if of != SampleOf.RAW or wants_raw)


def _scatter(task: Task, design: StudyDesign) -> Scatter:
    """Return the measured scatter of the task's newest study, or an assumed one."""
    kinds = [name for name, kind in KINDS.items() if kind.tells_scatter]
    measured = selectors.earlier_cells(task, design.metric, kinds=kinds)
    results = [
        CellResult(cell.arm, cell.records, cell.seed, cell.measurement.scores[design.metric], {}) for cell in measured
    ]
    groups = results_of.groups(results, lambda cell: (cell.arm, cell.records), design.metric)
    source = f"of the study registered on {measured[0].study.created_at:%-d %B %Y}" if measured else ""
    return outlooks.scatter_of(list(groups.values()), design.metric, source=source) or outlooks.assumed(design.metric)


def _refused(error: DesignError) -> Refusal:
    hint = "Correct these fields, or leave them empty to take the preset's."
    return Refusal("bad_study", str(error), hint=hint, status=400, errors=error.errors)
