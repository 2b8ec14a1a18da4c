"""A study as its page, its API answer and its files show it. Asks the database for nothing but its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.models import Study
from evaluation.states import CellState, StudyKind
from evaluation.studies import charts, pareto, queries, record, reported
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
# What stands over the columns of cells.
AXIS_WORDS: dict[str, str] = {
    StudyKind.SAMPLES: "Records",
    StudyKind.METHODS: "Method",
    StudyKind.FILTER: "Texts",
    StudyKind.STUDENTS: "Student",
    StudyKind.CONTEXT: "Context",
    StudyKind.TRANSFER: "Tuned on",
    StudyKind.CLONING: "Learns from",
    StudyKind.EXPERTS: "Student",
    StudyKind.MINUTES: "Spends its minutes on",
}
EXPERTS_NOTE = (
    "Taking experts out of a mixture was shown on tiny models made from a config, which know no language: "
    "nothing is known yet of real mixtures."
)
COMPARED_BY_COST = (StudyKind.METHODS, StudyKind.STUDENTS)
COST_LABELS = {
    "seconds": "Seconds of a run",
    "peak_memory_gib": "Peak memory, GiB",
    "trainable_parameters": "Parameters tuned",
    "artefact_bytes": "Bytes of what it leaves",
}


def verdict_of(study: Study) -> dict[str, Any] | None:
    """The verdict's numbers, once there is one."""
    verdict = getattr(study, "verdict", None)
    return dict(verdict.body) if verdict else None


def cell_rows(study: Study) -> list[dict[str, Any]]:
    """A row a cell: as the verdict saw them once there is one, as they are before."""
    body = verdict_of(study)
    if body:
        return list(body["cells"])
    return queries.rows([queries.cell_status(cell) for cell in queries.cells(study)], study.record["metric"])


def page(study: Study) -> dict[str, Any]:
    """All that a study's page draws."""
    body, metric = verdict_of(study), study.record["metric"]
    now = [] if body else [queries.cell_status(cell) for cell in queries.cells(study)]
    rows = list(body["cells"]) if body else queries.rows(now, metric)
    return {
        "record": study.record,
        "rule_note": rule_note(study),
        "record_is_intact": record.sha256_of(study.record_text) == study.record_sha256,
        "verdict": body,
        "is_by_arm": study.kind != StudyKind.SAMPLES,
        "metric_label": charts.AXES[metric],
        "took_s": (study.job.finished_at - study.created_at).total_seconds() if study.job.finished_at else None,
        "chart": charts.of_verdict(study.kind, metric, body) if body else charts.so_far(metric, rows),
        "cost_chart": charts.of_cost(metric, body)
        if body and study.kind in COMPARED_BY_COST and "fronts" not in body
        else None,
        "fronts": _fronts(metric, body) if body and body.get("fronts") else [],
        "costs": [{**cost, "label": COST_LABELS[cost["name"]]} for cost in (body or {}).get("costs", [])],
        "under_way": [each for each in now if each.job],
        "reported": reported.FINDINGS[study.kind],
        "paper": reported.PAPER,
        **grid(study, rows),
    }


def _fronts(metric: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """A chart of loss against each cost, with the arms that no other beats in both."""
    return [
        {
            "cost": cost,
            "label": pareto.FRONT_COSTS[cost],
            "arms": arms,
            "chart": charts.of_cost(metric, body, cost) | {"front": True},
        }
        for cost, arms in body["fronts"].items()
    ]


def rule_note(study: Study) -> str:
    """What must be known beside the rule: that it is registered no more, or how far the machinery was shown; empty for others."""
    if study.kind == StudyKind.EXPERTS:
        return EXPERTS_NOTE
    if study.kind != StudyKind.SAMPLES or "order" in study.record["decision_rule"]:
        return ""
    return (
        "This study was registered when the smallest of several sizes was searched without an order: up to 8 % of such studies name a "
        "size as enough that is not. Studies registered now ask from the largest size down, which holds that to 2.5 %."
    )


def grid(study: Study, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Cells as a table: a line a seed, a column a size or an arm."""
    axis = "records" if study.kind == StudyKind.SAMPLES else "arm"
    metric = study.record["metric"]
    columns = list(dict.fromkeys(row[axis] for row in rows))
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    # What lies between the seeds of an arm, where the verdict tells it.
    spread = {
        point["arm"]: point["spread"] for point in (verdict_of(study) or {}).get("points", []) if "spread" in point
    }
    by_place = {(row["seed"], row[axis]): _shown(row, metric) for row in rows}
    return {
        "columns": columns,
        "axis": AXIS_WORDS[study.kind],
        "lines": [{"seed": seed, "cells": [by_place.get((seed, column)) for column in columns]} for seed in seeds],
        "rows": [_shown(row, metric) for row in rows],
        "spreads": [spread.get(column) for column in columns] if spread else [],
    }


def csv_of(study: Study) -> str:
    """Every cell with what it measured, as CSV with a head line."""
    return "".join(csv.table(COLUMNS, cell_rows(study)))


def _shown(row: dict[str, Any], metric: str) -> dict[str, Any]:
    state = CellState(row["state"])
    return {**row, "value": row[metric], "label": state.label, "badge": BADGES[state]}
