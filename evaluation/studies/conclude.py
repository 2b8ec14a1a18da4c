"""Verdict of a study by its registered rule, with the cells that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from evaluation.models import Measurement, Study, StudyCell, StudyVerdict
from evaluation.states import CellState
from evaluation.studies import queries as selectors
from evaluation.studies import record, task_names
from evaluation.studies.arms import COSTS
from evaluation.studies.kinds import KINDS
from evaluation.studies.results import CellResult
from generation.money.figures import THOUSAND, time_usd
from jobs.lifecycle import claim
from training.costs import run_cost
from training.runs import queries as runs
from web.errors import Refusal

# Costs that depend on the machine.
OF_MACHINE = frozenset({"seconds", "peak_memory_gib", "seconds_per_thousand", "usd_per_thousand"})


def conclude_study(study_id: UUID, *, fence: int) -> dict[str, Any]:
    """Compute and store the verdict of a study whose cells have all ended; a stored verdict stays.

    Returns:
        Result of its job: the sentence, and the number of cells that succeeded.

    Raises:
        Refusal: No cell succeeded; with the reason of the first.
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    study = selectors.by_id(study_id)
    now = [selectors.cell_status(cell) for cell in selectors.cells(study)]
    failed = [each for each in now if each.state == CellState.FAILED]
    if len(failed) == len(now):
        raise Refusal(
            "no_cell_ended_well",
            f"No cell ended well. The first: {failed[0].reason}",
            hint="Fix the cause, then resume the study: its cells are tried again.",
        )
    body = _verdict(study, [each.cell for each in now if each.state == CellState.DONE])
    body["missing"] = [{"cell": str(each.cell), "reason": each.reason} for each in failed]
    done = [each.cell.measurement for each in now if each.state == CellState.DONE]
    body["cells"] = selectors.rows(now, study.record["metric"], of_measurements(done))
    body["record_is_intact"] = record.sha256_of(study.record_text) == study.record_sha256
    with transaction.atomic():
        claim.lock_held(study.job_id, fence)
        body = StudyVerdict.objects.get_or_create(study=study, defaults={"body": body})[0].body
    # All members of the task can read a job.
    return {
        "sentence": task_names.sentence_for_all(study, body),
        "cells": len(now),
        "ended_well": len(now) - len(failed),
    }


def _verdict(study: Study, done: list[Any]) -> dict[str, Any]:
    rule, metric = study.record["decision_rule"], study.record["metric"]
    recorded = {cell.pk for cell in done if selectors.is_recorded(cell.measurement)}
    # Costs of two machines are not compared: this machine's count, or the recording's where this one ran nothing.
    unlike = recorded if len(recorded) < len(done) else set()
    results = [_result(cell, metric, is_unlike=cell.pk in unlike) for cell in done]
    return {**KINDS[study.kind].conclude(results, rule, study.record), "left_out_of_costs": len(unlike)}


def _result(cell: StudyCell, metric: str, *, is_unlike: bool) -> CellResult:
    figures = selectors.run_figures(cell.measurement)
    cost: dict[str, float] = {name: float(figures[name]) for name in COSTS if name in figures}
    if KINDS[cell.study.kind].counts_outputs:
        cost |= _costs_of_outputs(cell)
    cost = {name: value for name, value in cost.items() if not (is_unlike and name in OF_MACHINE)}
    return CellResult(cell.arm, cell.records, cell.seed, selectors.scores_of(cell.measurement, metric), cost)


def _costs_of_outputs(cell: StudyCell) -> dict[str, float]:
    """Return the memory of a cell's student and the cost of its outputs, without unknown figures."""
    measurement, costs = cell.measurement, {}
    run, per_output = measurement.run, measurement.scores.get("seconds_per_output")
    if run is not None and run.student.parameters:
        added = run.summary.get("trainable_parameters", 0) if run.method == "lora" else 0
        costs = {"parameters_at_work": float(run.student.parameters + added), "parameters_held": float(added)}
        costs["base_parameters"], costs["shares_base"] = float(run.student.parameters), float(run.method == "lora")
    if per_output is not None:
        costs["seconds_per_thousand"] = THOUSAND * per_output
        host = measurement.job.host_id if measurement.job else ""
        price = run_cost.price_of(host)
        if price is not None:
            costs["usd_per_thousand"] = float(time_usd(THOUSAND * per_output, price))
    return costs


# A loss this many times the median of the points before it is a spike; a median takes a minimum of points.
SPIKE: Final = 1.5
POINTS_BEFORE: Final = 20
FEWEST_BEFORE: Final = 5


def spikes(losses: Sequence[float]) -> int:
    """Count the points of a run's curve that leap above those before them."""
    return sum(
        loss > SPIKE * median(losses[max(0, place - POINTS_BEFORE) : place])
        for place, loss in enumerate(losses)
        if place >= FEWEST_BEFORE
    )


def of_measurements(measurements: Sequence[Measurement]) -> dict[UUID, dict[str, Any]]:
    """Return `spikes`, `skipped_steps` and `rows_left_out` of each measurement whose run is on this installation."""
    run_by_measurement = {each.pk: each.run for each in measurements if each.run is not None}
    metrics = runs.metrics_of_jobs([run.job_id for run in run_by_measurement.values()])
    return {
        pk: {**_of_curve(metrics.get(run.job_id, [])), "rows_left_out": run.summary.get("rows_left_out")}
        for pk, run in run_by_measurement.items()
    }


def _of_curve(points: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    losses = [float(point["loss"]) for point in points if point.get("loss") is not None]
    # Only fp16 skips steps; the newest point has the total.
    skipped = [int(point["skipped_steps"]) for point in points if "skipped_steps" in point]
    return {
        "spikes": spikes(losses) if losses else None,
        "skipped_steps": skipped[-1] if skipped else 0 if losses else None,
    }
