"""A study as its page, its API answer and its files show it. Asks the database for its cells, and for what stands beside the paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from evaluation.models import Study
from evaluation.states import CellState, StudyKind
from evaluation.studies import charts, contradictions, pareto, queries, record, reported, task_names
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
    StudyKind.ROUTER: "Student",
    StudyKind.RETRIEVAL: "Answers",
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


def verdict_of(study: Study, reader: StudyReader) -> dict[str, Any] | None:
    """The verdict's numbers, once there is one; tasks that the reader has no role in are not named."""
    verdict = getattr(study, "verdict", None)
    return task_names.with_neutral_names(verdict.body, reader.neutral_names(study)) if verdict else None


def listed(studies: Iterable[Study], reader: StudyReader) -> list[dict[str, Any]]:
    """Studies with the sentence of their verdict; it is empty where there is none yet."""
    return [{"study": study, "sentence": (verdict_of(study, reader) or {}).get("sentence", "")} for study in studies]


def record_of(study: Study, reader: StudyReader) -> dict[str, Any]:
    """The registration; tasks that the reader has no role in are not named."""
    return task_names.record_with_neutral_names(study.record, reader.neutral_names(study))


def record_file(study: Study, reader: StudyReader) -> str:
    """The registration, byte for byte as it was hashed.

    Raises:
        PermissionDenied: It names tasks that the reader has no role in.
    """
    if reader.neutral_names(study):
        raise PermissionDenied(
            "The record of this study names tasks that you are not a member of. Its page shows it with neutral names."
        )
    return study.record_text


def cell_rows(study: Study, reader: StudyReader) -> list[dict[str, Any]]:
    """A row a cell: as the verdict saw them once there is one, as they are before."""
    body = verdict_of(study, reader)
    if body:
        return list(body["cells"])
    rows = queries.rows([queries.cell_status(cell) for cell in queries.cells(study)], study.record["metric"])
    return task_names.rows_with_neutral_names(rows, reader.neutral_names(study))


def page(study: Study, reader: StudyReader) -> dict[str, Any]:
    body, metric = verdict_of(study, reader), study.record["metric"]
    names = reader.neutral_names(study)
    now = [] if body else [queries.cell_status(cell) for cell in queries.cells(study)]
    rows = list(body["cells"]) if body else task_names.rows_with_neutral_names(queries.rows(now, metric), names)
    return {
        "record": task_names.record_with_neutral_names(study.record, names),
        "has_neutral_names": bool(names),
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
        "under_way": [each for each in now if each.job and each.cell.arm not in names],
        "reported": reported.FINDINGS[study.kind],
        "paper": reported.PAPER,
        "contradictions": contradictions_beside(study),
        **grid(study, rows, body),
    }


def contradictions_beside(study: Study) -> list[dict[str, Any]]:
    """Contradictions of the paper on a study of students, with what was measured of its task; of others nothing."""
    return contradictions.of_task(study.task) if study.kind in contradictions.KINDS else []


def _fronts(metric: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Charts of loss against each cost, with the arms that no other beats in both."""
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
    """Note beside the rule: that it is registered no more, or how far the machinery was shown; empty for others."""
    if study.kind == StudyKind.EXPERTS:
        return EXPERTS_NOTE
    if study.kind != StudyKind.SAMPLES or "order" in study.record["decision_rule"]:
        return ""
    return (
        "This study was registered when the smallest of several sizes was searched without an order: up to 8 % of such studies name a "
        "size as enough that is not. Studies registered now ask from the largest size down, which holds that to 2.5 %."
    )


def grid(study: Study, rows: Sequence[dict[str, Any]], body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Cells as a table: a line a seed, a column a size or an arm."""
    axis = "records" if study.kind == StudyKind.SAMPLES else "arm"
    metric = study.record["metric"]
    columns = list(dict.fromkeys(row[axis] for row in rows))
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    # What lies between the seeds of an arm, where the verdict tells it.
    spread = {point["arm"]: point["spread"] for point in (body or {}).get("points", []) if "spread" in point}
    by_place = {(row["seed"], row[axis]): _shown(row, metric) for row in rows}
    return {
        "columns": columns,
        "axis": AXIS_WORDS[study.kind],
        "lines": [{"seed": seed, "cells": [by_place.get((seed, column)) for column in columns]} for seed in seeds],
        "rows": [_shown(row, metric) for row in rows],
        "spreads": [spread.get(column) for column in columns] if spread else [],
    }


def csv_of(study: Study, reader: StudyReader) -> str:
    """Every cell with what it measured, as CSV with a head line."""
    return "".join(csv.table(COLUMNS, cell_rows(study, reader)))


def _shown(row: dict[str, Any], metric: str) -> dict[str, Any]:
    state = CellState(row["state"])
    return {**row, "value": row[metric], "label": state.label, "badge": BADGES[state]}
