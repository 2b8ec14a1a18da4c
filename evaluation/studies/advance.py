"""One look at a running study: record ended cells and begin the next. All state is in rows.

`jobs.kinds.composite` decides when a look is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from evaluation.models import StudyCell
from evaluation.states import CellState
from evaluation.studies import cells
from evaluation.studies import queries as selectors
from jobs.kinds.composite import STOPPING, Progress, notify_waiting, progress_of, resume_sub_job
from jobs.lifecycle import claim
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import ENDED_BADLY, JobState
from web.errors import Refusal

# One cell trains while another is scored; more would delay other people's runs.
AT_ONCE: Final = 2
ENDED: Final = (CellState.DONE, CellState.FAILED)
UNDER_WAY: Final = (CellState.QUEUED, CellState.TRAINING, CellState.SCORING, CellState.PAUSED)


@transaction.atomic
def look(study_id: UUID, *, fence: int) -> Progress:
    """Advance every cell by one step, if the study is still running.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    study = selectors.by_id(study_id)
    job = claim.lock_held(study.job_id, fence)
    if job.state != JobState.RUNNING:
        return STOPPING
    for cell in selectors.cells(study):
        _advance_cell(cell)
    under_way = sum(selectors.cell_status(cell).state in UNDER_WAY for cell in selectors.cells(study))
    for cell in selectors.cells(study):
        is_open = under_way < AT_ONCE and selectors.cell_status(cell).state == CellState.OPEN
        if is_open and cells.is_ready(cell):
            under_way += _begin(cell)
    now = [selectors.cell_status(cell) for cell in selectors.cells(study)]
    return progress_of(now, ended=ENDED, under_way=UNDER_WAY, paused=CellState.PAUSED, called="cell")


def on_cell_job_ended(job: Job) -> None:
    """Notify the studies that wait for an ended training or scoring job."""
    notify_waiting(selectors.waiting_for(job))


def jobs_under_way(study_id: UUID, *, with_shared: bool) -> Iterator[Job]:
    """Yield the jobs of a study's begun cells; those that another study also waits for only if `with_shared`."""
    for cell in selectors.cells(selectors.by_id(study_id)):
        if cell.begun_at is None or cell.measurement.is_done:
            continue
        if with_shared or not selectors.is_wanted_elsewhere(cell):
            yield from cells.jobs_of(cell)


@transaction.atomic
def forget_problems(study_id: UUID) -> None:
    """Reset the failed cells of a resumed study, so that they are tried again.

    Shared ones may have been cancelled with another study, or have failed, while this one was paused.
    """
    statuses = [selectors.cell_status(cell) for cell in selectors.cells(selectors.by_id(study_id))]
    failed = [each.cell.pk for each in statuses if each.state == CellState.FAILED]
    StudyCell.objects.filter(pk__in=failed).update(problem="", begun_at=None)


def _advance_cell(cell: StudyCell) -> None:
    if cell.begun_at is None or cell.problem or cell.measurement.is_done:
        return
    jobs = cells.jobs_of(cell)
    if not jobs:
        cells.begin(cell.measurement_id)
        return
    job = jobs[-1]
    if job.state in ENDED_BADLY:
        _note(cell, why_ended(job))
    elif job.state == JobState.SUCCEEDED and len(jobs) == 1:
        cells.score(cell.measurement_id)
    else:
        resume_sub_job(job)


def _begin(cell: StudyCell) -> int:
    try:
        with transaction.atomic():
            cells.begin(cell.measurement_id)
    except Refusal as refusal:
        _note(cell, f"{refusal.message} {refusal.hint}".strip())
        return 0
    StudyCell.objects.filter(pk=cell.pk).update(begun_at=Now())
    return 1


def _note(cell: StudyCell, reason: str) -> None:
    StudyCell.objects.filter(pk=cell.pk).update(problem=reason[:400])
