"""Study data for its page, API and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from evaluation.models import Study
from evaluation.states import CellState, StudyMetric
from evaluation.studies import charts, contradictions, pareto, queries, record, reported, results, task_names
from evaluation.studies.kinds import KINDS
from evaluation.studies.task_names import StudyReader
from web import csv

BADGES = {
    CellState.OPEN: "is-idle",
    CellState.QUEUED: "is-idle",
    CellState.TRAINING: "is-running",
    CellState.SCORING: "is-running",
    CellState.PAUSED: "is-look",
    CellState.DONE: "is-good",
    CellState.FAILED: "is-failed",
}
COLUMNS = (
    "position",
    "arm",
    "records",
    "rows",
    "seed",
    "state",
    "reason",
    "reused",
    "recorded",
    "nll_per_byte",
    "passes_all",
    "answers_right",
    "scored",
    "steps",
    "seconds",
    "peak_memory_gib",
    "trainable_parameters",
    "artefact_bytes",
    "seconds_per_output",
    "spikes",
    "skipped_steps",
    "rows_left_out",
    "run_number",
    "run",
    "fingerprint",
)
COST_LABELS = {
    "seconds": "Seconds of a run",
    "peak_memory_gib": "Peak memory, GiB",
    "trainable_parameters": "Parameters tuned",
    "artefact_bytes": "Bytes of what it leaves",
}


def verdict_of(study: Study, reader: StudyReader) -> dict[str, Any] | None:
    """Return the verdict's numbers, once there is one; tasks in which the reader has no role are not named."""
    verdict = getattr(study, "verdict", None)
    return task_names.with_neutral_names(verdict.body, reader.neutral_names(study)) if verdict else None


def listed(studies: Iterable[Study], reader: StudyReader) -> list[dict[str, Any]]:
    """Return studies with the sentence of their verdict, empty before there is one."""
    return [{"study": study, "sentence": (verdict_of(study, reader) or {}).get("sentence", "")} for study in studies]


def record_of(study: Study, reader: StudyReader) -> dict[str, Any]:
    """Return the registration; tasks in which the reader has no role are not named."""
    return task_names.record_with_neutral_names(study.record, reader.neutral_names(study))


def record_file(study: Study, reader: StudyReader) -> str:
    """Return the registration, byte for byte as it was hashed.

    Raises:
        PermissionDenied: It names tasks in which the reader has no role.
    """
    if reader.neutral_names(study):
        raise PermissionDenied(
            "The record of this study names tasks that you are not a member of. Its page shows it with neutral names."
        )
    return study.record_text


def cell_rows(study: Study, reader: StudyReader) -> list[dict[str, Any]]:
    """Return one row for each cell: those of the verdict once there is one, else the present ones."""
    body = verdict_of(study, reader)
    if body:
        return list(body["cells"])
    rows = queries.rows([queries.cell_status(cell) for cell in queries.cells(study)], study.record["metric"])
    return task_names.rows_with_neutral_names(rows, reader.neutral_names(study))


def page(study: Study, reader: StudyReader) -> dict[str, Any]:
    body, metric, kind = verdict_of(study, reader), study.record["metric"], KINDS[study.kind]
    names = reader.neutral_names(study)
    now = [] if body else [queries.cell_status(cell) for cell in queries.cells(study)]
    rows = list(body["cells"]) if body else task_names.rows_with_neutral_names(queries.rows(now, metric), names)
    return {
        "record": task_names.record_with_neutral_names(study.record, names),
        "has_neutral_names": bool(names),
        "rule_note": kind.note(study.record["decision_rule"]),
        "record_is_intact": record.sha256_of(study.record_text) == study.record_sha256,
        "verdict": body,
        "is_by_arm": not kind.is_by_size,
        "metric_label": StudyMetric(metric).label,
        "took_s": (study.job.finished_at - study.created_at).total_seconds() if study.job.finished_at else None,
        "chart": charts.of_verdict(metric, body, is_by_size=kind.is_by_size) if body else charts.so_far(metric, rows),
        "cost_chart": charts.of_cost(metric, body) if body and kind.sized_arms and "fronts" not in body else None,
        "fronts": _fronts(metric, body) if body and body.get("fronts") else [],
        "costs": [{**cost, "label": COST_LABELS[cost["name"]]} for cost in (body or {}).get("costs", [])],
        "under_way": [each for each in now if each.job and each.cell.arm not in names],
        "reported": kind.findings,
        "paper": reported.PAPER,
        "contradictions": contradictions_beside(study),
        **grid(study, rows, body),
    }


def contradictions_beside(study: Study) -> list[dict[str, Any]]:
    """Return the paper's contradictions with the measurements of the task; empty unless the study compares students."""
    return contradictions.of_task(study.task) if KINDS[study.kind].sized_arms else []


def _fronts(metric: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return charts of loss against each cost, with their Pareto fronts."""
    return [
        {
            "cost": cost,
            "label": pareto.FRONT_COSTS[cost],
            "arms": arms,
            "chart": charts.of_cost(metric, body, cost) | {"front": True},
        }
        for cost, arms in body["fronts"].items()
    ]


def grid(study: Study, rows: Sequence[dict[str, Any]], body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return cells as a table: a row for each seed, a column for each size or arm."""
    kind = KINDS[study.kind]
    axis = "records" if kind.is_by_size else "arm"
    metric = study.record["metric"]
    columns = list(dict.fromkeys(row[axis] for row in rows))
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    # Spread between the seeds of an arm, where the verdict has it.
    points = (body or {}).get("points", [])
    spread = {point["arm"]: results.apart(point["spread"], metric) for point in points if "spread" in point}
    by_place = {(row["seed"], row[axis]): _shown(row, metric) for row in rows}
    return {
        "columns": columns,
        "axis": kind.axis,
        "lines": [{"seed": seed, "cells": [by_place.get((seed, column)) for column in columns]} for seed in seeds],
        "rows": [_shown(row, metric) for row in rows],
        "spreads": [spread.get(column) for column in columns] if spread else [],
    }


def csv_of(study: Study, reader: StudyReader) -> str:
    """Return the measurements of every cell as CSV with a header."""
    return "".join(csv.table(COLUMNS, cell_rows(study, reader)))


def _shown(row: dict[str, Any], metric: str) -> dict[str, Any]:
    state = CellState(row["state"])
    return {**row, "value": row[metric], "label": state.label, "badge": BADGES[state]}
