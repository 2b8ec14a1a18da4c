"""All that a sweep's page, its CSV and its answer in the API are drawn from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from training.models import Sweep
from training.recipes.presets import PRESETS
from training.runs import charts
from training.runs import queries as runs_queries
from training.runs.charts import LOSS_UNITS
from training.sweeps import queries
from training.sweeps import ranking as rankings
from training.sweeps.queries import SweepCellStatus
from web import csv

# More lines than this cannot be told apart by their colours.
CURVES_AT_MOST: Final = 8
COLUMNS = (
    "position",
    "learning_rate",
    "rank",
    "epochs",
    "share",
    "state",
    "reason",
    "reused",
    "validation_loss",
    "validation_loss_before",
    "best_step",
    "steps",
    "seconds",
    "host_seconds",
    "usd",
    "kwh",
    "tokens_per_s",
    "peak_memory_gib",
    "run_number",
    "run",
    "fingerprint",
)


def page(sweep: Sweep) -> dict[str, Any]:
    now = queries.cell_statuses(sweep)
    rows, account = queries.rows(sweep, now), queries.account_of(sweep, now)
    ranking = rankings.ranking(rows)
    preset = PRESETS[sweep.recipe_name]
    budget, unit = queries.budget_of(sweep), LOSS_UNITS[preset.recipe.objective]
    return {
        "preset": preset,
        "rows": rows,
        "axes": queries.varied_axes(sweep),
        "loss_unit": unit,
        "best": ranking.best,
        "near": ranking.near,
        "chart": rankings.chart(rows, sweep.grid, unit=unit),
        "curves": _curves(now, rows, ranking, unit=unit),
        "under_way": [each for each in now if each.is_under_way and each.cell.run],
        "counts": list(Counter(row["label"].lower() for row in rows).items()),
        "spent_s": account.spent_s,
        "spent_usd": account.spent_usd,
        "budget_s": budget.hours * 3600 if budget.hours is not None else None,
        "again": _again(sweep),
    }


def csv_of(sweep: Sweep) -> Iterator[str]:
    """Every cell with what it measured, as CSV with a head line."""
    rows = [{**row, **row["values"]} for row in queries.rows(sweep, queries.cell_statuses(sweep))]
    return csv.table(COLUMNS, rows)


def _curves(
    now: Sequence[SweepCellStatus], rows: list[dict[str, Any]], ranking: rankings.Ranking, *, unit: str
) -> dict[str, Any]:
    """Validation loss over the epoch on one chart, the best first; at most `CURVES_AT_MOST` runs."""
    named = [(row, each.cell.run) for row, each in zip(rows, now, strict=True) if each.cell.run]
    best = ranking.best["position"] if ranking.best else None
    named.sort(key=lambda pair: (pair[0]["position"] != best, _loss(pair[0]), pair[0]["position"]))
    shown = named[:CURVES_AT_MOST]
    metrics = runs_queries.metrics_of_jobs([run.job_id for _, run in shown])
    chart = charts.overlay(
        {row["name"]: metrics[run.job_id] for row, run in shown}, "val_loss", f"validation loss, {unit}"
    )
    drawn = [each for each in chart["series"] if each["points"]]
    return {**chart, "series": drawn, "left_out": len(named) - len(shown)} if len(drawn) > 1 else {}


def _loss(row: Mapping[str, Any]) -> float:
    loss = row["validation_loss"]
    return math.inf if loss is None else float(loss)


def _again(sweep: Sweep) -> str:
    """Query that fills the form with this sweep's grid: measured cells are not run again."""
    grid: Mapping[str, list[Any]] = sweep.grid
    shares = [f"{share * 100:g}" for share in grid.get("share", [])]
    numbers = {
        name: " ".join(f"{value:g}" for value in grid.get(name, []) if value is not None)
        for name in ("learning_rate", "rank", "epochs")
    }
    query = {
        "dataset_version": str(sweep.dataset_version_id),
        "student": sweep.student.slug,
        "recipe": sweep.recipe_name,
        "starts_from": str(sweep.starts_from_id or ""),
        "teacher": sweep.teacher.slug if sweep.teacher else "",
        "device": sweep.device,
        **numbers,
        "share": " ".join(shares),
        "at_once": sweep.at_once,
        "max_hours": "" if sweep.max_hours is None else f"{sweep.max_hours:g}",
        "max_usd": "" if sweep.max_usd is None else f"{sweep.max_usd.normalize():f}",
    }
    return urlencode({name: value for name, value in query.items() if value != ""})
