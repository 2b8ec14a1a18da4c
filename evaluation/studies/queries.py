"""Questions about studies: which there are, how far their cells are, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from evaluation.evaluations import inputs
from evaluation.models import Measurement, Study, StudyCell
from evaluation.states import CellState, StudyKind
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import CLAIMABLE, ENDED_BADLY, FINISHED, JobState
from members.models import Member
from review.models import DatasetVersion, Record, Task
from review.states import Split
from review.tasks.permissions import tasks_for

RELATED = ("task", "job", "student", "dataset_version__dataset", "created_by", "verdict")
EARLIER_STUDIES = 20
OF_CELLS = (
    "study",
    "measurement__run__job",
    "measurement__run__miniature",
    "measurement__run__student",
    "measurement__job",
)


@dataclass(frozen=True)
class StudyCellStatus:
    """Progress of a cell: its state, why it is not going on, and the job that is at it."""

    cell: StudyCell
    state: CellState
    reason: str = ""
    job: Job | None = None


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Study]:
    """Studies of tasks the member may see, newest first."""
    studies = Study.objects.filter(task__in=tasks_for(member)).select_related(*RELATED).order_by("-created_at", "-id")
    return studies.filter(task=task) if task else studies


def study_or_404(member: Member, study_id: UUID | str) -> Study:
    """A study, if the member may see its task."""
    study = visible(member).filter(pk=study_id).first()
    if study is None:
        raise Http404("There is no study with this id that you can see.")
    return study


def by_id(study_id: UUID) -> Study:
    """A study for its job, which is no member's."""
    return Study.objects.select_related(*RELATED).get(pk=study_id)


def cells(study: Study) -> list[StudyCell]:
    """Cells of a study by position, with what is at them."""
    return list(StudyCell.objects.filter(study=study).select_related(*OF_CELLS).order_by("position"))


def cell_status(cell: StudyCell) -> StudyCellStatus:
    measurement = cell.measurement
    if measurement.is_done:
        return StudyCellStatus(cell, CellState.DONE)
    if cell.problem:
        return StudyCellStatus(cell, CellState.FAILED, cell.problem)
    if cell.begun_at is None:
        return StudyCellStatus(cell, CellState.OPEN)
    job = measurement.job or (measurement.run.job if measurement.run else None)
    if job is None:
        return StudyCellStatus(cell, CellState.OPEN)
    if job.state in (JobState.PAUSED, JobState.PAUSING):
        return StudyCellStatus(cell, CellState.PAUSED, job=job)
    if job.state in ENDED_BADLY:
        return StudyCellStatus(cell, CellState.FAILED, why_ended(job))
    if job.state in CLAIMABLE:
        return StudyCellStatus(cell, CellState.QUEUED, job.waiting_reason, job)
    return StudyCellStatus(cell, CellState.SCORING if measurement.job else CellState.TRAINING, job=job)


def measured(fingerprints: Iterable[str]) -> frozenset[str]:
    measurements = Measurement.objects.filter(fingerprint__in=list(fingerprints)).exclude(scores={})
    return frozenset(measurements.values_list("fingerprint", flat=True))


def waiting_for(job: Job) -> list[tuple[UUID, str]]:
    """Jobs of studies, with their queues, that wait for a job of a cell."""
    of_cell = Measurement.objects.filter(run__job=job) | Measurement.objects.filter(job=job)
    studies = Study.objects.filter(cells__measurement__in=of_cell).exclude(job__state__in=FINISHED).distinct()
    return list(studies.values_list("job_id", "job__queue"))


def has_news(study_id: UUID) -> bool:
    """Return whether a cell that was begun has a job that has ended and that the study has not seen to."""
    return any(
        not cell.measurement.is_done and _job_state(cell) in FINISHED
        for cell in StudyCell.objects.filter(study_id=study_id, begun_at__isnull=False, problem="").select_related(
            *OF_CELLS
        )
    )


def is_wanted_elsewhere(cell: StudyCell) -> bool:
    """Return whether another study that is going on has begun the same measurement."""
    others = StudyCell.objects.filter(measurement=cell.measurement_id, begun_at__isnull=False)
    at_rest = (*FINISHED, JobState.PAUSED, JobState.PAUSING, JobState.CANCELLING)
    return others.exclude(study=cell.study_id).exclude(study__job__state__in=at_rest).exists()


def validation_records(version: DatasetVersion, *, limit: int) -> list[str]:
    """Records of the validation file whose facts are still there: always the same ones, in the order of their facts' hash.

    A record with no gold but that of a follow-up is none: its gold does not answer its facts alone.
    """
    ids = {gold["record"] for gold in inputs.first_mail_golds(version, Split.VALIDATION)}
    there = Record.objects.filter(pk__in=ids).order_by("content_hash", "pk")
    return [str(pk) for pk in there.values_list("pk", flat=True)[:limit]]


def companies_of(records: Sequence[str]) -> dict[str, int]:
    """The company of each record as a number, so that no name stands in a registration; one of no company is its own."""
    groups = {
        str(pk): group or str(pk) for pk, group in Record.objects.filter(pk__in=records).values_list("pk", "group")
    }
    numbers: dict[str, int] = {}
    return {record: numbers.setdefault(groups[record], len(numbers)) for record in records}


def earlier_cells(task: Task, metric: str) -> list[StudyCell]:
    """Measured cells of the task's newest study that was judged by this metric and has a verdict; none where there is none."""
    # A transfer's records are of several tasks, an expert behind a router is scored on its own alone, and retrieved passages are not
    # those of the records.
    unlike = (StudyKind.TRANSFER, StudyKind.ROUTER, StudyKind.RETRIEVAL)
    ended = Study.objects.filter(task=task, verdict__isnull=False).exclude(kind__in=unlike)
    latest = ended.order_by("-created_at", "-id")[:EARLIER_STUDIES]
    newest = next((study for study in latest if study.record["metric"] == metric), None)
    if newest is None:
        return []
    cells_of_it = (
        StudyCell.objects.filter(study=newest).exclude(measurement__scores={}).select_related("measurement", "study")
    )
    return list(cells_of_it.order_by("position"))


def rows(
    now: Sequence[StudyCellStatus], metric: str, health: Mapping[UUID, dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """A row a cell with what it measured, for tables and CSV; blank where it has not. `health` is by measurement."""
    unknown = {"spikes": None, "skipped_steps": None, "rows_left_out": None}
    return [{**_row(each, metric), **unknown, **(health or {}).get(each.cell.measurement_id, {})} for each in now]


def _row(now: StudyCellStatus, metric: str) -> dict[str, Any]:
    cell, run = now.cell, now.cell.measurement.run
    scores = cell.measurement.scores
    figures = run_figures(cell.measurement)
    return {
        "position": cell.position,
        "arm": cell.arm,
        "records": cell.records,
        "seed": cell.seed,
        "state": str(now.state),
        "reason": now.reason,
        "reused": cell.is_reused,
        "recorded": is_recorded(cell.measurement),
        "rows": cell.measurement.plan["sample"]["rows"],
        "nll_per_byte": _mean(scores.get("nll_per_byte")),
        "passes_all": _mean(scores.get("passes_all")),
        "answers_right": _mean(scores.get("answers_right")),
        "scored": len(scores.get(metric, {})),
        "steps": figures.get("steps"),
        "seconds": figures.get("seconds"),
        "peak_memory_gib": figures.get("peak_memory_gib"),
        "trainable_parameters": figures.get("trainable_parameters"),
        "artefact_bytes": figures.get("artefact_bytes"),
        "seconds_per_output": scores.get("seconds_per_output"),
        "run": str(run.pk) if run else "",
        "run_number": run.number if run else None,
        "fingerprint": cell.measurement.fingerprint,
    }


def scores_of(measurement: Measurement, metric: str) -> dict[str, float]:
    """Scores by record, in the order of registration and not of ids, so that the same ones give the same draws wherever they are."""
    scores = measurement.scores[metric]
    return {record: scores[record] for record in measurement.plan["scored"] if record in scores}


def is_recorded(measurement: Measurement) -> bool:
    """Return whether it was measured elsewhere and came with the product."""
    return measurement.run_id is None and "run" in measurement.scores


def run_figures(measurement: Measurement) -> dict[str, Any]:
    """Figures of the run of a measurement; scores that were measured elsewhere bring the figures with them."""
    run = measurement.run
    if run is None:
        return dict(measurement.scores.get("run", {}))
    miniature = getattr(run, "miniature", None)
    return {**run.summary, "artefact_bytes": miniature.bytes if miniature else None}


def _mean(scores: dict[str, float] | None) -> float | None:
    return sum(scores.values()) / len(scores) if scores else None


def _job_state(cell: StudyCell) -> str:
    measurement = cell.measurement
    job = measurement.job or (measurement.run.job if measurement.run else None)
    return job.state if job else ""
