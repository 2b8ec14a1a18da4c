"""A study before it is launched: its grid with the rows, recipe and fingerprint of every cell, and what it will cost.

Refuses what cannot be run; writes nothing, so that a page can show all of it beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evaluation.states import StudyKind
from evaluation.studies import beside as besides
from evaluation.studies import columns, grids, planned_cells, retrieved, segment_experts
from evaluation.studies import design as designs
from evaluation.studies import outlook as outlooks
from evaluation.studies import queries as selectors
from evaluation.studies import results as results_of
from evaluation.studies.beside import Beside
from evaluation.studies.columns import StudyColumn
from evaluation.studies.design import COMPARES_STUDENTS, DesignError, StudyDesign, StudyInputs, StudyRequest
from evaluation.studies.outlook import Scatter, StudyOutlook
from evaluation.studies.planned_cells import CellInputs, PlannedStudyCell
from evaluation.studies.results import CellResult
from evaluation.studies.retrieved import Retrieval
from evaluation.suites import slicing
from review.models import DatasetVersion, Task, TaskVersion
from review.states import Verdict
from training.inputs import expert_minutes, samples, segments, tuning_data
from training.models import Student
from training.runs import preflight
from training.states import SampleOf
from training.students import queries as students_of
from training.students.shipped import SHIPPED
from web.errors import Refusal

# How many times the parameters of one student another may have that is compared with it as an equal.
LIKE_SIZE: Final = 1.25
# Measured on two CPU cores (docs/studies.md): an engine's start until its first step, and the scoring of a cell.
START_S: Final = 9.0
SCORING_S: Final = 14.0
# Kinds whose validation records are drawn by company, whole.
DRAWN_BY_COMPANY: Final = (StudyKind.MINUTES, StudyKind.ROUTER, StudyKind.RETRIEVAL)
# Kinds that take a version with all three verdicts, and what is missing without a rejection.
_NEED_REJECTED: Final[dict[str, str]] = {
    StudyKind.FILTER: "what the human filter keeps out cannot be tuned on",
    StudyKind.MINUTES: "the minutes that rejections took would be missing from every arm",
}


@dataclass(frozen=True)
class StudyRegistration:
    """All of a study that is fixed before its first run; `reused` are fingerprints that were measured before.

    `student` is what its cells tune; where students are compared, the largest. `columns` are the tasks of a transfer;
    `companies` the company of each scored record, numbered, where draws are by company. `retrieval` is what a search found.
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
    companies: Mapping[str, int] = field(default_factory=dict)
    retrieval: Retrieval = field(default_factory=Retrieval)

    @property
    def seconds(self) -> float | None:
        """Return what the cells that are new will take, one after another; None when only the engine can know."""
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
    if tuning_data.tuning_data_of(version) is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    students, beside = _students(wishes, student), besides.found(wishes, version, student)
    if besides.encoders(students):
        besides.require_labels(version)
    versions = [version, *(others if wishes.kind == StudyKind.TRANSFER else ())]
    tasks = columns.columns_of(versions, limit=designs.SCORED_RECORDS) if wishes.kind == StudyKind.TRANSFER else ()
    design = _design(wishes, versions, students, beside)
    scored = _scored(version, tasks, design, beside)
    task_version = tuning_data.newest_task_version(version)
    is_retrieval = design.kind == StudyKind.RETRIEVAL
    retrieval = retrieved.plan_retrieval(version, task_version.spec, scored) if is_retrieval else Retrieval()
    besides.require_values(design.metric, task_version)
    of_columns = {"columns": [task.as_json() for task in tasks]} if tasks else {}
    inputs = CellInputs(
        design=design,
        version=version,
        student=students[-1],
        beside=beside,
        scoring={"scored": scored, "written_records": design.written_records, **of_columns, **retrieval.scoring},
        versions={str(each.pk): each for each in versions},
        students={each.slug: each for each in students},
    )
    cells = planned_cells.plan_cells(inputs)
    companies = selectors.companies_of(scored) if design.kind in DRAWN_BY_COMPANY else {}
    drawn = len(set(companies.values())) or min((len(task.records) for task in tasks), default=len(scored))
    return StudyRegistration(
        version,
        task_version,
        students[-1],
        design,
        tuple(scored),
        cells,
        selectors.measured(cell.fingerprint for cell in cells),
        outlooks.of_design(design, _scatter(task_version.task, design), records=drawn),
        tasks,
        companies,
        retrieval,
    )


def _design(
    wishes: StudyRequest, versions: Sequence[DatasetVersion], students: Sequence[Student], beside: Beside
) -> StudyDesign:
    """Require enough rows of each format that an arm reads."""
    try:
        design = grids.design_study(wishes, _inputs(wishes, versions, students, beside))
    except DesignError as error:
        raise Refusal("bad_study", str(error), hint=_hint(error), status=400, errors=error.errors) from error
    for reads in dict.fromkeys(arm.reads for arm in design.arms):
        preflight.require_rows(versions[0], reads)
    return design


def _scored(version: DatasetVersion, tasks: Sequence[StudyColumn], design: StudyDesign, beside: Beside) -> list[str]:
    """Choose the validation records that every cell is scored on; refused where there are none."""
    scored = [record for task in tasks for record in task.records] or beside.scored_in_both(
        selectors.validation_records(version, limit=design.scored_records)
    )
    if not scored:
        raise Refusal(
            "no_validation_records",
            f"{version} has no validation record that is still there, so cells could not be scored.",
            hint="Import more records, judge their drafts, then freeze the next version.",
        )
    return scored


def _students(wishes: StudyRequest, student: Student) -> list[Student]:
    """Students to tune, the largest last, or the isolated expert. Refused where one of several has no known size."""
    if wishes.kind not in COMPARES_STUDENTS or (wishes.kind == StudyKind.METHODS and not wishes.students):
        return [student]
    slugs = dict.fromkeys([student.slug, *wishes.students])
    found = [student if slug == student.slug else students_of.by_slug(slug, field="students") for slug in slugs]
    unknown = next((each for each in found if not each.parameters), None)
    if unknown is not None:
        raise Refusal(
            "size_unknown",
            f"How many parameters '{unknown.slug}' has is not known, so it cannot be placed among the others.",
            hint="Tune it once to measure its size, or leave it out.",
            errors={"students": [f"The size of '{unknown.slug}' is not known."]},
        )
    if wishes.kind == StudyKind.EXPERTS:
        _require_alike(found)
        return found[::-1]
    found.sort(key=lambda each: (each.parameters or 0, each.slug))
    if wishes.kind == StudyKind.ROUTER and len(found) == 2 and found[0].parameters == found[1].parameters:
        message = f"'{found[0].slug}' and '{found[1].slug}' are equally large: none is the larger student."
        hint = "Choose a larger one to compare with."
        raise Refusal("unlike_sizes", message, hint=hint, status=400, errors={"students": [message]})
    return found


def _require_alike(students: Sequence[Student]) -> None:
    """Refuse an expert beside a dense student with over a quarter more parameters: the larger one would win by that."""
    sizes = sorted(each.parameters or 0 for each in students)
    if sizes[-1] > LIKE_SIZE * sizes[0]:
        message = f"The students have {sizes[0]:,} and {sizes[-1]:,} parameters, so size would decide."
        hint = "Choose a dense student within a quarter of the expert's size."
        raise Refusal("unlike_sizes", message, hint=hint, status=400, errors={"students": [message]})


def _inputs(
    wishes: StudyRequest, versions: Sequence[DatasetVersion], students: Sequence[Student], beside: Beside
) -> StudyInputs:
    """Count rows of each kind that the study draws from: as many records as the smallest version has.

    Raises:
        Refusal: The human filter, or what minutes buy, is asked about, and the version holds no draft that was rejected; a raw
            arm is, and it was frozen without drafts that nobody judged.
    """
    version = versions[0]
    rows = {of: samples.rows_to_draw_from(version, of) for of in _kinds_of_rows(wishes)}
    if SampleOf.WRITTEN in rows and not any(row.verdict == Verdict.REJECT for row in rows[SampleOf.WRITTEN]):
        raise Refusal(
            "nothing_filtered",
            f"{version} holds no rejected draft, so {_NEED_REJECTED[wishes.kind]}.",
            hint="Freeze a version with all three verdicts (accept, edit, reject), then register the study again.",
            errors={"dataset_version": ["This version holds no rejected drafts."]},
        )
    held = {of: len({row.record for row in found}) for of, found in rows.items()}
    for other in [*versions[1:], *([beside.answers] if beside.answers else [])]:
        golds = samples.rows_to_draw_from(other, SampleOf.ACCEPTED_OR_EDITED)
        held[SampleOf.ACCEPTED_OR_EDITED] = min(held[SampleOf.ACCEPTED_OR_EDITED], len({row.record for row in golds}))
    minutes, own_minutes = _minutes(wishes, version)
    trained, scored = _segments(wishes, version)
    return StudyInputs(
        records=held,
        students=tuple(each.slug for each in students),
        shipped=SHIPPED,
        families={each.slug: each.model_type for each in students},
        encoders=besides.encoders(students),
        context_length=students[-1].context_length,
        versions={each.dataset.task.slug: str(each.pk) for each in versions},
        minutes=minutes,
        own_minutes=own_minutes,
        trained_segments=trained,
        scored_segments=scored,
    )


def _kinds_of_rows(wishes: StudyRequest) -> tuple[SampleOf, ...]:
    if wishes.kind not in _NEED_REJECTED:
        return (SampleOf.ACCEPTED_OR_EDITED,)
    wants_raw = wishes.raw and wishes.kind == StudyKind.FILTER
    return tuple(of for of in SampleOf if of != SampleOf.RAW or wants_raw)


def _minutes(wishes: StudyRequest, version: DatasetVersion) -> tuple[int, int]:
    """Minutes spent on judging the teachers' drafts, and a miniature's; 0 for other kinds of study."""
    if wishes.kind != StudyKind.MINUTES:
        return 0, 0
    of_teachers, own = (expert_minutes.timed_drafts(version, by_miniature=is_own) for is_own in (False, True))
    return expert_minutes.minutes_held(of_teachers), expert_minutes.minutes_held(own)


def _segments(wishes: StudyRequest, version: DatasetVersion) -> tuple[dict[str, str], dict[str, str]]:
    """Values of the routing fact by training and validation record. Refuses lists, names and companies."""
    if wishes.kind != StudyKind.ROUTER:
        return {}, {}
    facts = slicing.fact_names(tuning_data.newest_task_version(version).spec)
    if wishes.segment and wishes.segment not in facts:
        message = f"Records cannot be routed by '{wishes.segment}'."
        hint = f"Name one of: {', '.join(facts) or 'this task has no fact of one value'}."
        raise Refusal("bad_study", message, hint=hint, status=400, errors={"segment": [message]})
    golds = samples.rows_to_draw_from(version, SampleOf.ACCEPTED_OR_EDITED)
    scored = selectors.validation_records(version, limit=segment_experts.SCORED)
    values = segments.values_of([*(row.record for row in golds), *scored], wishes.segment)
    return {row.record: values.get(row.record, "") for row in golds}, {record: values[record] for record in scored}


def _scatter(task: Task, design: StudyDesign) -> Scatter:
    """Measured spread of the task's newest study, else an assumed one."""
    measured = selectors.earlier_cells(task, design.metric)
    results = [
        CellResult(cell.arm, cell.records, cell.seed, cell.measurement.scores[design.metric], {}) for cell in measured
    ]
    groups = results_of.groups(results, lambda cell: (cell.arm, cell.records), design.metric)
    source = f"of the study registered on {measured[0].study.created_at:%-d %B %Y}" if measured else ""
    return outlooks.scatter_of(list(groups.values()), design.metric, source=source) or outlooks.assumed(design.metric)


def _hint(error: DesignError) -> str:
    return "Correct these fields, or leave them empty to take the preset's." if error.errors else ""
