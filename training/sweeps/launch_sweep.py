"""Launch a sweep: everything or nothing, in one transaction; and keep the run that won."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from audit import trail
from jobs.lifecycle import control
from jobs.states import JobState
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from training.models import Sweep, SweepCell, TrainingRun
from training.recipes import presets
from training.runs.run_request import RunRequest
from training.states import RunPurpose
from training.sweeps import plan as planning
from training.sweeps.grid import AXES, SweepRequest
from training.sweeps.plan import PlannedCell
from web.errors import Refusal

KIND = "sweep"


@transaction.atomic
def launch(order: SweepRequest, request: RunRequest, *, by: Member) -> Sweep:
    """Order a sweep; its runs are launched one after another by its job, as far as the budget reaches.

    Args:
        order: The grid, the recipe it starts from, the budget.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: It cannot be run; nothing has been launched.
    """
    task, student = request.task, request.student
    require(by, task, Role.LEAD)
    laid = planning.plan_sweep(order, request)
    # The task's row is the lock under which numbers are given.
    Task.objects.select_for_update().get(pk=task.pk)
    number = (Sweep.objects.filter(task=task).aggregate(top=Max("number"))["top"] or 0) + 1
    sweep_id = uuid.uuid4()
    job = control.launch(
        kind=KIND,
        title=f"Sweep {number}: {len(laid.cells)} runs of {presets.PRESETS[order.recipe].label} on {student.name}",
        spec={"sweep": str(sweep_id)},
        by=by,
        task_slug=task.slug,
        subject_id=sweep_id,
        subject_url=reverse("training:sweep", args=[sweep_id]),
    )
    sweep = Sweep.objects.create(
        id=sweep_id,
        task=task,
        number=number,
        dataset_version=request.dataset_version,
        student=student,
        starts_from=request.starts_from,
        teacher=request.teacher,
        recipe_name=order.recipe,
        grid={name: list(dict.fromkeys(getattr(cell.place, name) for cell in laid.cells)) for name in AXES},
        device=request.device,
        max_hours=order.budget.hours,
        max_usd=None if order.budget.usd is None else Decimal(str(order.budget.usd)),
        at_once=order.at_once,
        job=job,
        created_by=by,
    )
    SweepCell.objects.bulk_create(_cell(sweep, at, planned) for at, planned in enumerate(laid.cells, start=1))
    trail.record("sweep_launched", by=by, about=sweep, task=task.slug, runs=len(laid.cells))
    return sweep


@transaction.atomic
def keep_run(sweep: Sweep, *, position: int, by: Member) -> TrainingRun:
    """Bring a run of a sweep into the lists of runs and miniatures. Twice is once.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 404, there is no such cell; 409, its run has not ended well.
    """
    require(by, sweep.task, Role.LEAD)
    cell = SweepCell.objects.select_related("run__job").filter(sweep=sweep, position=position).first()
    if cell is None:
        raise Refusal("no_such_cell", f"{sweep.name} has no cell {position}.", status=404)
    if cell.run is None or cell.run.job.state != JobState.SUCCEEDED:
        message = f"The run of cell {position} has not succeeded, so there is nothing to keep."
        raise Refusal("not_done", message, hint="Keep a cell that is done.", status=409)
    put_in_lists(cell.run)
    return cell.run


def put_in_lists(run: TrainingRun) -> None:
    """Put the run and its miniature in lists from now on, beside those that were launched by hand."""
    TrainingRun.objects.filter(pk=run.pk, purpose=RunPurpose.SWEEP).update(purpose=RunPurpose.MINIATURE)
    run.purpose = RunPurpose.MINIATURE


def _cell(sweep: Sweep, position: int, planned: PlannedCell) -> SweepCell:
    return SweepCell(
        sweep=sweep,
        position=position,
        values=planned.place.as_json(),
        overrides=dict(planned.overrides),
        sample=dict(planned.sample),
        fingerprint=planned.fingerprint,
        estimated_s=planned.seconds,
        run=planned.measured_by,
        is_reused=planned.measured_by is not None,
    )
