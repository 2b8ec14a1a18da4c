"""Queries on studies: lists, progress of cells, obstacles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from evaluation.evaluations import inputs
from evaluation.models import Measurement, Study, StudyCell
from evaluation.states import CellState, StudyMetric
from evaluation.studies.arms import COSTS
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import CLAIMABLE, ENDED_BADLY, FINISHED, JobState
from members.models import Member
from review.models import DatasetVersion, Record, Task
from review.states import Split
from review.tasks.permissions import tasks_for
from web.http.first_or_404 import first_or_404

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
    """Progress of a cell: its state, the reason why it stopped, and its present job."""

    cell: StudyCell
    state: CellState
    reason: str = ""
    job: Job | None = None


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Study]:
    """Return studies of tasks the member may see, newest first."""
    studies = Study.objects.filter(task__in=tasks_for(member)).select_related(*RELATED).order_by("-created_at", "-id")
    return studies.filter(task=task) if task else studies


def study_or_404(member: Member, study_id: UUID | str) -> Study:
    return first_or_404(visible(member).filter(pk=study_id), "There is no study with this id that you can see.")


def by_id(study_id: UUID) -> Study:
    """Return a study without a check of permissions, for its job."""
    return Study.objects.select_related(*RELATED).get(pk=study_id)


def cells(study: Study) -> list[StudyCell]:
    """Return the cells of a study by position, with their measurements and jobs."""
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
    """Return the study jobs, with their queues, that wait for the job of a cell."""
    of_cell = Measurement.objects.filter(run__job=job) | Measurement.objects.filter(job=job)
    studies = Study.objects.filter(cells__measurement__in=of_cell).exclude(job__state__in=FINISHED).distinct()
    return list(studies.values_list("job_id", "job__queue"))


def has_news(study_id: UUID) -> bool:
    """Return whether a begun cell has an ended job that the study has not yet handled."""
    return any(
        not cell.measurement.is_done and _job_state(cell) in FINISHED
        for cell in StudyCell.objects.filter(study_id=study_id, begun_at__isnull=False, problem="").select_related(
            *OF_CELLS
        )
    )


def is_wanted_elsewhere(cell: StudyCell) -> bool:
    """Return whether another running study has begun the same measurement."""
    others = StudyCell.objects.filter(measurement=cell.measurement_id, begun_at__isnull=False)
    at_rest = (*FINISHED, JobState.PAUSED, JobState.PAUSING, JobState.CANCELLING)
    return others.exclude(study=cell.study_id).exclude(study__job__state__in=at_rest).exists()


def validation_records(version: DatasetVersion, *, limit: int) -> list[str]:
    """Return existing records of the validation file: always the same ones, in the order of their facts' hash.

    A record whose only gold is a follow-up does not count: the gold answers more than its facts.
    """
    ids = {gold["record"] for gold in inputs.first_mail_golds(version, Split.VALIDATION)}
    there = Record.objects.filter(pk__in=ids).order_by("content_hash", "pk")
    return [str(pk) for pk in there.values_list("pk", flat=True)[:limit]]


def companies_of(records: Sequence[str]) -> dict[str, int]:
    """Number the company of each record, so that a registration holds no name.

    A record without one counts as its own.
    """
    groups = {
        str(pk): group or str(pk) for pk, group in Record.objects.filter(pk__in=records).values_list("pk", "group")
    }
    numbers: dict[str, int] = {}
    return {record: numbers.setdefault(groups[record], len(numbers)) for record in records}


def earlier_cells(task: Task, metric: str, *, kinds: Iterable[str]) -> list[StudyCell]:
    """Return the measured cells of the task's newest concluded study of these kinds and this metric, if any."""
    ended = Study.objects.filter(task=task, verdict__isnull=False, kind__in=kinds)
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
    """Return a row of measurements for each cell, for tables and CSV, blank where missing.

    `health` is by measurement.
    """
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
        **{str(each): _mean(scores.get(each)) for each in StudyMetric},
        "scored": len(scores.get(metric, {})),
        **{name: figures.get(name) for name in ("steps", *COSTS)},
        "seconds_per_output": scores.get("seconds_per_output"),
        "run": str(run.pk) if run else "",
        "run_number": run.number if run else None,
        "fingerprint": cell.measurement.fingerprint,
    }


def scores_of(measurement: Measurement, metric: str) -> dict[str, float]:
    """Return scores by record in the order of registration: equal scores give equal draws on every installation."""
    scores = measurement.scores[metric]
    return {record: scores[record] for record in measurement.plan["scored"] if record in scores}


def is_recorded(measurement: Measurement) -> bool:
    """Return whether a measurement was made elsewhere and came with the product."""
    return measurement.run_id is None and "run" in measurement.scores


def run_figures(measurement: Measurement) -> dict[str, Any]:
    """Return the figures of a measurement's run; recorded scores carry the figures with them."""
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
