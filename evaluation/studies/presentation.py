"""Study data for its page, API and files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from evaluation.models import Study
from evaluation.states import SHARE_METRICS, CellState, StudyMetric
from evaluation.studies import contradictions, queries, record, reported, results, task_names
from evaluation.studies.arms import FRONT_COSTS
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
AXES = {
    StudyMetric.NLL: "loss, nats per byte",
    StudyMetric.PASSES: "share of outputs that a check marks",
    StudyMetric.RIGHT: "share of outputs with a wrong value",
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
        "chart": verdict_chart(metric, body, is_by_size=kind.is_by_size) if body else chart_so_far(metric, rows),
        "cost_chart": cost_chart(metric, body) if body and kind.sized_arms and "fronts" not in body else None,
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
    return [
        {
            "cost": cost,
            "label": FRONT_COSTS[cost],
            "arms": arms,
            "chart": cost_chart(metric, body, cost) | {"front": True},
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
    return "".join(csv.table(COLUMNS, cell_rows(study, reader)))


def _shown(row: dict[str, Any], metric: str) -> dict[str, Any]:
    state = CellState(row["state"])
    return {**row, "value": row[metric], "label": state.label, "badge": BADGES[state]}


def verdict_chart(metric: str, body: Mapping[str, Any], *, is_by_size: bool) -> dict[str, Any]:
    """Return the chart of a verdict: a curve over sizes, or an interval for each arm."""
    points = body.get("points", [])
    if not is_by_size:
        rows = [
            {"name": point["arm"], "value": point["loss"], "lo": point["low"], "hi": point["high"], "n": point["seeds"]}
            for point in points
        ]
        return {"rows": rows, "x": {"label": AXES[StudyMetric(metric)]}}
    measured = [[point["records"], point["loss"], point["low"], point["high"]] for point in points]
    series = [{"name": "measured", "points": measured}]
    if body.get("curve"):
        series.append({"name": "fitted", "points": body["curve"]})
    return _lines(series, metric)


def cost_chart(metric: str, body: Mapping[str, Any], cost: str = "seconds") -> dict[str, Any]:
    """Return loss against a cost of each arm's run, by default its seconds."""
    points = [
        {"name": point["arm"], "x": point[cost], "y": point["loss"]}
        for point in body.get("points", [])
        if point[cost] is not None
    ]
    return {
        "points": points,
        "x": {"label": FRONT_COSTS[cost], "zero": True, "better": "low"},
        "y": {"label": AXES[StudyMetric(metric)], "better": "low"},
    }


def chart_so_far(metric: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean loss over the finished seeds at each size, one line for each arm."""
    losses: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if (value := row[metric]) is not None:
            losses[row["arm"]][row["records"]].append(1 - value if metric in SHARE_METRICS else value)
    series = [
        {"name": arm, "points": [[size, sum(each) / len(each)] for size, each in sorted(sizes.items())]}
        for arm, sizes in losses.items()
    ]
    return _lines(series, metric)


def _lines(series: list[dict[str, Any]], metric: str) -> dict[str, Any]:
    return {
        "series": series,
        "x": {"label": "training records"},
        "y": {"label": AXES[StudyMetric(metric)], "zero": False},
    }
