"""A sweep before it is launched: its cells with the rows, recipe and time of each, and whether the budget reaches them.

Refuses what cannot be run; writes nothing, so that a page can show all of it beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.states import JobState
from review.models import DatasetVersion
from review.spec.prompting import canonical_json
from training.inputs import samples, tuning_data
from training.inputs.samples import Sample
from training.inputs.tuning_data import RowOutline
from training.models import Student, SweepCell, TrainingRun
from training.recipes import identity
from training.recipes.schema import Recipe
from training.runs import compose_recipe, forecast, preflight, starting_point
from training.runs.run_request import RunRequest
from training.sweeps import budget as budgets
from training.sweeps import queries as selectors
from training.sweeps.grid import MAX_AT_ONCE, GridError, GridPoint, SweepRequest, grid_points, overrides_of
from web.errors import Refusal


@dataclass(frozen=True)
class PlannedCell:
    """A cell: place, change of the preset, rows, seconds of all its hosts, and the run that has measured it before."""

    place: GridPoint
    overrides: Mapping[str, Any]
    sample: Mapping[str, Any]
    fingerprint: str
    seconds: float | None
    measured_by: TrainingRun | None = None


@dataclass(frozen=True)
class PlannedSweep:
    order: SweepRequest
    recipe: Recipe
    cells: tuple[PlannedCell, ...]
    usd_per_hour: float | None

    @property
    def new(self) -> list[PlannedCell]:
        """Cells that no earlier sweep has measured."""
        return [cell for cell in self.cells if cell.measured_by is None]

    @property
    def seconds(self) -> float | None:
        """Return what the new cells will hold hosts for; None when only an engine can know."""
        if any(cell.seconds is None for cell in self.new):
            return None
        return sum(budgets.expected(cell.seconds, 1.0) for cell in self.new)

    @property
    def usd(self) -> float | None:
        """Return what they will cost; None when the time or the price is not known."""
        if self.seconds is None or self.usd_per_hour is None:
            return None
        return self.seconds / budgets.HOUR_S * self.usd_per_hour

    @property
    def reached(self) -> int:
        now, reached = budgets.account_of_cells([]), 0
        for cell in self.cells:
            if cell.measured_by is None:
                if budgets.shortfall(self.order.budget, now, next_s=cell.seconds, usd_per_hour=self.usd_per_hour):
                    break
                now = self._after(now, cell)
            reached += 1
        return reached

    def _after(self, now: budgets.Account, cell: PlannedCell) -> budgets.Account:
        spent_s = now.spent_s + budgets.expected(cell.seconds, 1.0)
        usd = spent_s / budgets.HOUR_S * self.usd_per_hour if self.usd_per_hour is not None else now.spent_usd
        return budgets.Account(spent_s, usd, 0.0, 1.0)


def plan_sweep(order: SweepRequest, request: RunRequest) -> PlannedSweep:
    """Lay out a sweep.

    Args:
        order: What to try, from which recipe, under which budget.

    Raises:
        Refusal: The version is not frozen or too small, the grid or the budget cannot be, a recipe cannot be run on
            this student or lacks what it begins with, a price is missing, or the first run alone is beyond the budget.
    """
    base = compose_recipe.compose(order.recipe, order.overrides, request.student)
    preflight.require_device(request.device)
    preflight.require_quantising(base, request.device)
    starting_point.require_starting_point(base, request)
    preflight.require_rows(request.dataset_version, base.reads)
    _require_order(order)
    _require_whole(base, order)
    try:
        points = grid_points(order.wishes, base)
    except GridError as error:
        raise Refusal("bad_sweep", str(error), hint="Correct these fields.", status=400, errors=error.errors) from error
    plan = PlannedSweep(order, base, tuple(_cells(points, base, order, request)), selectors.expected_usd_per_hour())
    _require_budget(plan)
    return plan


def _cells(points: Sequence[GridPoint], base: Recipe, order: SweepRequest, request: RunRequest) -> list[PlannedCell]:
    version, student = request.dataset_version, request.student
    rows_by_share = {place.share: _rows(version, place.share, base.seed) for place in points}
    begins = _beginning_marks(request)
    planned = []
    for place in points:
        overrides = {**order.overrides, **overrides_of(place, base)}
        recipe = compose_recipe.compose(order.recipe, overrides, student)
        sample, rows = rows_by_share[place.share]
        guess = forecast.forecast(request, recipe=recipe, rows=rows)
        mark = _fingerprint(version, student, recipe, sample, begins)
        seconds = None if guess.seconds is None else guess.seconds * recipe.hosts
        planned.append(PlannedCell(place, overrides, sample, mark, seconds))
    measured_runs = _measured([cell.fingerprint for cell in planned])
    return [replace(cell, measured_by=measured_runs.get(cell.fingerprint)) for cell in planned]


def _rows(version: DatasetVersion, share: float, seed: int) -> tuple[Mapping[str, Any], Sequence[RowOutline] | None]:
    """Sample of a share and its rows; all training rows for a whole share."""
    if share == 1:
        return {}, None
    files = tuning_data.tuning_data_of(version)
    there = len({row.record for row in tuning_data.outlines(files.train)}) if files else 0
    sample = Sample(records=max(1, round(there * share)), seed=seed)
    rows = samples.rows_of(version, sample)
    return samples.as_json(sample, rows), rows


def _beginning_marks(request: RunRequest) -> dict[str, str]:
    """Distinguish starting points; empty for runs that begin with the student alone."""
    marks, teacher = {}, request.teacher
    if request.starts_from is not None:
        marks["starts_from"] = request.starts_from.manifest_sha256
    if teacher is not None:
        marks["teacher"] = teacher.manifest_sha256 or f"{teacher.hub_id}@{teacher.revision}"
    return marks


def _fingerprint(
    version: DatasetVersion, student: Student, recipe: Recipe, sample: Mapping[str, Any], begins: Mapping[str, str]
) -> str:
    body = {
        "dataset_version": str(version.pk),
        "content_hash": version.content_hash,
        "student": str(student.pk),
        "manifest_sha256": student.manifest_sha256,
        "recipe": identity.values_of(recipe),
        "sample": dict(sample),
        **begins,
    }
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def _measured(fingerprints: Sequence[str]) -> dict[str, TrainingRun]:
    measured_cells = SweepCell.objects.filter(fingerprint__in=fingerprints, run__job__state=JobState.SUCCEEDED)
    return {cell.fingerprint: cell.run for cell in measured_cells.select_related("run__job").order_by("pk") if cell.run}


def _require_whole(recipe: Recipe, order: SweepRequest) -> None:
    if recipe.prefers and any(share != 1 for share in order.wishes.share):
        message = "A share is drawn from texts to imitate, not from preferences."
        raise Refusal(
            "bad_sweep", message, hint="Leave the shares of the data empty.", status=400, errors={"share": [message]}
        )


def _require_order(order: SweepRequest) -> None:
    errors: dict[str, list[str]] = {}
    budget = order.budget
    if budget.hours is None and budget.usd is None:
        errors["max_hours"] = ["A sweep needs a budget: hours of hosts, US dollars, or both."]
    if budget.hours is not None and not 0 < budget.hours <= 100_000:
        errors["max_hours"] = ["Hours are more than 0 and at most 100,000."]
    if budget.usd is not None and not 0 < budget.usd <= 10_000_000:
        errors["max_usd"] = ["US dollars are more than 0 and at most 10,000,000."]
    if not 1 <= order.at_once <= MAX_AT_ONCE:
        errors["at_once"] = [f"Between 1 and {MAX_AT_ONCE} runs at once."]
    if errors:
        first = next(iter(errors.values()))[0]
        raise Refusal("bad_sweep", first, hint="Correct these fields.", status=400, errors=errors)


def _require_budget(plan: PlannedSweep) -> None:
    budget = plan.order.budget
    if budget.usd is not None and plan.usd_per_hour is None:
        raise Refusal(
            "price_missing",
            "A budget in dollars needs the price of a host, and none is known.",
            hint="An admin enters it under Training, Host prices; or give the budget in hours.",
            errors={"max_usd": ["No host price is set."]},
        )
    if plan.new and not plan.reached:
        why = budgets.shortfall(
            budget, budgets.account_of_cells([]), next_s=plan.cells[0].seconds, usd_per_hour=plan.usd_per_hour
        )
        field = "max_hours" if "hours" in why else "max_usd"
        raise Refusal(
            "budget_below_one_run",
            f"The budget does not reach the first run. {why}",
            hint="Raise the budget, or try fewer epochs or a smaller share.",
            errors={field: [why]},
        )
