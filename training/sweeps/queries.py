"""Questions about sweeps: which there are, how far their cells are, what they have spent, which did best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from jobs.models import Job
from jobs.monitor.queries import why_ended
from jobs.states import CLAIMABLE, ENDED_BADLY, FINISHED, JobState
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from training.costs.run_cost import DEFAULT_HOST, RunCost, known_prices, run_costs
from training.models import Sweep, SweepCell, TrainingRun
from training.states import SweepCellState
from training.sweeps import budget as budgets
from training.sweeps.budget import Account, CellSpending
from training.sweeps.grid import AXES, SweepBudget, label
from web.http.first_or_404 import first_or_404

RELATED = ("task", "job", "student", "dataset_version__dataset", "created_by", "starts_from", "teacher")
# Ids of cancelled runs in the spec of a sweep's job.
FORMER_RUNS = "former_runs"
UNDER_WAY = frozenset({SweepCellState.QUEUED, SweepCellState.TRAINING, SweepCellState.PAUSED})
ENDED = frozenset({SweepCellState.DONE, SweepCellState.FAILED, SweepCellState.LEFT_OUT})
# Fields of a run's summary.
MEASURED = (
    *("validation_loss", "validation_loss_before", "best_step", "steps", "seconds"),
    *("tokens_per_s", "peak_memory_gib"),
)
BADGES = {
    SweepCellState.OPEN: "is-idle",
    SweepCellState.QUEUED: "is-idle",
    SweepCellState.TRAINING: "is-running",
    SweepCellState.PAUSED: "is-look",
    SweepCellState.DONE: "is-good",
    SweepCellState.FAILED: "is-failed",
    SweepCellState.LEFT_OUT: "is-idle",
}


@dataclass(frozen=True)
class SweepCellStatus:
    """Progress of a cell, why it is not going on, and what its run has cost."""

    cell: SweepCell
    state: SweepCellState
    reason: str = ""
    cost: RunCost | None = None

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Sweep]:
    """Sweeps of tasks the member may see, newest first, with how many cells they have."""
    sweeps = Sweep.objects.filter(task__in=tasks_for(member)).select_related(*RELATED)
    sweeps = sweeps.defer("dataset_version__manifest", "dataset_version__card").annotate(size=Count("cells"))
    sweeps = sweeps.order_by("-created_at", "-id")
    return sweeps.filter(task=task) if task else sweeps


def sweep_or_404(member: Member, sweep_id: UUID | str) -> Sweep:
    """A sweep, if the member may see its task."""
    return first_or_404(visible(member).filter(pk=sweep_id), "There is no sweep with this id that you can see.")


def by_id(sweep_id: UUID) -> Sweep:
    """A sweep for its job, which is no member's.

    Raises:
        Sweep.DoesNotExist: None.
    """
    return Sweep.objects.select_related(*RELATED).get(pk=sweep_id)


def cells(sweep: Sweep) -> list[SweepCell]:
    """Cells by position, each with its run and the run's job."""
    return list(SweepCell.objects.filter(sweep=sweep).select_related("run__job", "run__miniature").order_by("position"))


def cell_statuses(sweep: Sweep) -> list[SweepCellStatus]:
    """Return how far each cell is, with what its run has cost; four questions however many cells there are."""
    sweep_cells = cells(sweep)
    costs = run_costs([cell.run for cell in sweep_cells if cell.run])
    return [cell_status(cell, costs.get(cell.run_id) if cell.run_id else None) for cell in sweep_cells]


def cell_status(cell: SweepCell, cost: RunCost | None = None) -> SweepCellStatus:
    """Return how far a cell is. What its run came to counts before what was noted about it."""
    run = cell.run
    if run is not None and run.job.state == JobState.SUCCEEDED:
        return SweepCellStatus(cell, SweepCellState.DONE, cost=cost)
    if cell.is_left_out:
        return SweepCellStatus(cell, SweepCellState.LEFT_OUT, cell.problem, cost)
    if cell.problem:
        return SweepCellStatus(cell, SweepCellState.FAILED, cell.problem, cost)
    if run is None:
        return SweepCellStatus(cell, SweepCellState.OPEN)
    job = run.job
    if job.state in ENDED_BADLY:
        return SweepCellStatus(cell, SweepCellState.FAILED, why_ended(job), cost)
    if job.state in (JobState.PAUSED, JobState.PAUSING):
        return SweepCellStatus(cell, SweepCellState.PAUSED, cost=cost)
    if job.state in CLAIMABLE:
        return SweepCellStatus(cell, SweepCellState.QUEUED, job.waiting_reason, cost)
    return SweepCellStatus(cell, SweepCellState.TRAINING, cost=cost)


def account_of(sweep: Sweep, now: Sequence[SweepCellStatus]) -> Account:
    """Return what a sweep has spent and has committed itself to; runs of earlier sweeps cost it nothing."""
    own = [each for each in (*now, *_former(sweep)) if each.cell.run_id and not each.cell.is_reused and each.cost]
    return budgets.account_of_cells([_going(each, each.cost) for each in own if each.cost])


def _former(sweep: Sweep) -> list[SweepCellStatus]:
    """Cancelled runs whose cells were tried again: what they cost stays spent."""
    former_ids = sweep.job.spec.get(FORMER_RUNS, [])
    runs = list(TrainingRun.objects.filter(pk__in=former_ids).select_related("job"))
    costs = run_costs(runs)
    return [SweepCellStatus(SweepCell(run=run), SweepCellState.FAILED, cost=costs[run.pk]) for run in runs]


def budget_of(sweep: Sweep) -> SweepBudget:
    return SweepBudget(sweep.max_hours, float(sweep.max_usd) if sweep.max_usd is not None else None)


def expected_usd_per_hour() -> float | None:
    """US dollars an hour that a run to come is reckoned with: the default price, else the highest known one."""
    prices = known_prices()
    if not prices:
        return None
    return float(prices.get(DEFAULT_HOST) or max(prices.values()))


def waiting_for(job: Job) -> list[tuple[UUID, str]]:
    """Jobs of sweeps, with their queues, that wait for the job of a run."""
    sweeps = Sweep.objects.filter(cells__run__job=job).exclude(job__state__in=FINISHED).distinct()
    return list(sweeps.values_list("job_id", "job__queue"))


def has_news(sweep_id: UUID) -> bool:
    """Return whether a run of it has ended that the sweep has not seen to."""
    sweep_cells = SweepCell.objects.filter(sweep_id=sweep_id)
    if sweep_cells.filter(problem="", is_left_out=False, run__job__state__in=ENDED_BADLY).exists():
        return True
    ended = sweep_cells.filter(Q(run__job__state=JobState.SUCCEEDED) | Q(is_left_out=True) | ~Q(problem=""))
    counted = Sweep.objects.filter(pk=sweep_id).values_list("job__progress", flat=True).first() or {}
    return ended.count() > int(counted.get("done") or 0)


def rows(sweep: Sweep, now: Sequence[SweepCellStatus]) -> list[dict[str, Any]]:
    """A row a cell for tables, the chart, CSV and the API; None where it has not been measured."""
    return [_row(each, sweep.grid) for each in now]


def varied_axes(sweep: Sweep) -> list[tuple[str, str]]:
    """Axes with several values: the field and how pages call it."""
    return [(name, words) for name, words in AXES.items() if len(sweep.grid.get(name, [])) > 1]


def _row(now: SweepCellStatus, grid: dict[str, Any]) -> dict[str, Any]:
    cell, run, cost = now.cell, now.cell.run, now.cost
    summary = run.summary if run else {}
    miniature = getattr(run, "miniature", None) if run else None
    return {
        "position": cell.position,
        "name": label(cell.values, tried=grid),
        "values": cell.values,
        "state": str(now.state),
        "label": now.state.label,
        "badge": BADGES[now.state],
        "reason": now.reason,
        "reused": cell.is_reused,
        **{name: summary.get(name) for name in MEASURED},
        "estimated_s": cell.estimated_s,
        "host_seconds": cost.host_seconds if cost else None,
        "usd": str(cost.usd) if cost and cost.usd is not None else None,
        "kwh": cost.kwh if cost else None,
        "run": str(run.pk) if run else None,
        "run_number": run.number if run else None,
        "miniature": miniature.slug if miniature else None,
        "purpose": run.purpose if run else None,
        "fingerprint": cell.fingerprint,
    }


def _going(now: SweepCellStatus, cost: RunCost) -> CellSpending:
    return CellSpending(
        expected_s=now.cell.estimated_s,
        taken_s=cost.host_seconds,
        usd=float(cost.usd) if cost.usd is not None else None,
        has_ended=not now.is_under_way,
        ended_well=now.state == SweepCellState.DONE,
    )
