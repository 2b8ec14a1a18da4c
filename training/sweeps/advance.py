"""Carry a sweep on by one look: see which runs have ended, begin what the budget reaches, end when nothing is left.

Everything it knows stands in rows; when looks are taken is the affair of `jobs.kinds.composite`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from jobs.kinds.composite import STOPPING, Progress, notify_waiting, progress_of, resume_sub_job
from jobs.lifecycle import claim, control
from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import ENDED_BADLY, PAUSABLE, JobState
from training.inputs import samples
from training.models import Sweep, SweepCell, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.states import RunPurpose, SweepCellState
from training.sweeps import budget as budgets
from training.sweeps import launch_sweep
from training.sweeps import queries as selectors
from training.sweeps.queries import SweepCellStatus
from training.sweeps.ranking import ranking
from web.errors import Refusal

SPENT = "The budget was spent while it ran. It has been paused and can be resumed by hand."


@transaction.atomic
def look(sweep_id: UUID, *, fence: int) -> Progress:
    """Bring the sweep on as far as it goes now.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    sweep = selectors.by_id(sweep_id)
    job = claim.lock_held(sweep.job_id, fence)
    if job.state != JobState.RUNNING:
        return STOPPING
    for cell in selectors.cells(sweep):
        _note_end(cell)
    now = selectors.cell_statuses(sweep)
    account = selectors.account_of(sweep, now)
    if budgets.is_spent(selectors.budget_of(sweep), account):
        _pause_all(now)
    else:
        _begin_what_fits(sweep, now)
    return _look_result(selectors.cell_statuses(sweep))


def conclude(sweep_id: UUID, *, fence: int) -> dict[str, Any]:
    """Rank the runs, and bring the best one into the lists.

    Returns:
        The outcome as it is kept with the job: counts, what was spent, and the best cell.

    Raises:
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        sweep = selectors.by_id(sweep_id)
        claim.lock_held(sweep.job_id, fence)
        now = selectors.cell_statuses(sweep)
        best = ranking(selectors.rows(sweep, now)).best
        if best is not None:
            launch_sweep.put_in_lists(TrainingRun.objects.get(pk=best["run"]))
        account = selectors.account_of(sweep, now)
    counted = {"done": SweepCellState.DONE, "failed": SweepCellState.FAILED, "left_out": SweepCellState.LEFT_OUT}
    return {
        **{name: sum(each.state == state for each in now) for name, state in counted.items()},
        "spent_hours": account.spent_hours,
        "spent_usd": account.spent_usd,
        "best": {name: best[name] for name in ("position", "name", "values", "validation_loss", "run")}
        if best
        else None,
    }


def on_run_ended(job: Job) -> None:
    """A run has ended: ring for the sweeps that wait for it. Consumes the end of training jobs."""
    notify_waiting(selectors.waiting_for(job))


def jobs_under_way(sweep_id: UUID, *, with_shared: bool) -> Iterator[Job]:
    """Yield the jobs of the runs a sweep has begun itself; nobody else waits for them, so none is shared."""
    for cell in selectors.cells(selectors.by_id(sweep_id)):
        if cell.run is not None and not cell.is_reused:
            yield cell.run.job


@transaction.atomic
def forget_problems(sweep_id: UUID) -> None:
    """A sweep that is set going again tries its failed cells again: from what their runs saved, where they did."""
    sweep = selectors.by_id(sweep_id)
    former_ids = sweep.job.spec.get(selectors.FORMER_RUNS, [])
    for cell in selectors.cells(sweep):
        # One may have ended while the sweep was paused, so that no look has noted it.
        if selectors.cell_status(cell).state not in (SweepCellState.FAILED, SweepCellState.LEFT_OUT):
            continue
        if cell.run is not None and cell.run.job.state == JobState.FAILED:
            control.resume(cell.run.job, by=None)
        elif cell.run is not None and cell.run.job.state == JobState.CANCELLED:
            # What it cost stays spent.
            former_ids = [*former_ids, str(cell.run_id)]
            cell.run = None
        cell.problem, cell.is_left_out = "", False
        cell.save(update_fields=["problem", "is_left_out", "run"])
    Job.objects.filter(pk=sweep.job_id).update(spec={**sweep.job.spec, selectors.FORMER_RUNS: former_ids})


def _note_end(cell: SweepCell) -> None:
    """Record a failed run; wake one that was paused with the sweep."""
    if cell.run is None or cell.problem or cell.is_left_out:
        return
    job = cell.run.job
    if job.state in ENDED_BADLY:
        SweepCell.objects.filter(pk=cell.pk).update(problem=why_ended(job)[:400])
    else:
        resume_sub_job(job)


def _begin_what_fits(sweep: Sweep, now: list[SweepCellStatus]) -> None:
    """Begin open cells in order within room and budget; end the sweep when nothing runs and the next does not fit."""
    going = sum(each.is_under_way for each in now)
    for each in now:
        if going >= sweep.at_once:
            return
        if each.state != SweepCellState.OPEN:
            continue
        # Counted again for each, since a run that was just begun has committed its share.
        why = budgets.shortfall(
            selectors.budget_of(sweep),
            selectors.account_of(sweep, selectors.cell_statuses(sweep)),
            next_s=each.cell.estimated_s,
            usd_per_hour=selectors.expected_usd_per_hour(),
        )
        if why and going:
            # What runs may take less than expected: the decision is left until it has ended.
            return
        if why:
            _leave_out([other for other in now if other.state == SweepCellState.OPEN], why)
            return
        going += _begin(sweep, each.cell)


def _begin(sweep: Sweep, cell: SweepCell) -> int:
    try:
        with transaction.atomic():
            run = launch_run.launch(
                RunRequest(
                    dataset_version=sweep.dataset_version,
                    student=sweep.student,
                    device=sweep.device,
                    starts_from=sweep.starts_from,
                    teacher=sweep.teacher,
                ),
                recipe=sweep.recipe_name,
                overrides=cell.overrides,
                by=None,
                sample=samples.from_json(cell.sample) if cell.sample else None,
                purpose=RunPurpose.SWEEP,
            )
    except Refusal as refusal:
        problem = f"{refusal.message} {refusal.hint}".strip()[:400]
        SweepCell.objects.filter(pk=cell.pk).update(problem=problem)
        return 0
    SweepCell.objects.filter(pk=cell.pk).update(run=run, begun_at=Now())
    return 1


def _pause_all(now: list[SweepCellStatus]) -> None:
    for each in now:
        run = each.cell.run
        if each.is_under_way and run is not None:
            if run.job.state in PAUSABLE:
                control.pause(run.job, by=None)
            SweepCell.objects.filter(pk=each.cell.pk).update(is_left_out=True, problem=SPENT)
    _leave_out([each for each in now if each.state == SweepCellState.OPEN], "The budget is spent.")


def _leave_out(cells: list[SweepCellStatus], why: str) -> None:
    SweepCell.objects.filter(pk__in=[each.cell.pk for each in cells]).update(is_left_out=True, problem=why[:400])


def _look_result(now: list[SweepCellStatus]) -> Progress:
    return progress_of(
        now, ended=selectors.ENDED, under_way=selectors.UNDER_WAY, paused=SweepCellState.PAUSED, called="No."
    )
