"""Worth of a task's newest miniature: quality beside its teacher, cost of 1,000 outputs, quality by round.

Read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from evaluation.evaluations import evidence, tables
from evaluation.evaluations.answer import Answer
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from review.models import Task
from serving.costs import savings

MOST_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Claim(evidence.Evidence):
    """Evidence of the newest evaluated miniature of a task.

    Attributes:
        chart: Points for a scatter of quality over the cost of 1,000 outputs; empty where fewer than two have a price.
        intervals: Rows for a chart of quality alone, the miniature first; drawn where there is no scatter.
        rounds: Rows for a chart of quality by round on the same records, the first round first; empty where there is
            one alone.
    """

    chart: dict[str, Any]
    intervals: dict[str, Any]
    rounds: dict[str, Any]
    is_newest: bool


def claim_of(task: Task) -> Claim | None:
    """The claim of a task's newest run evaluated on its test split, else of the newest on validation records."""
    evaluations = evidence.evaluations_of(task)
    newest = evidence.among(evaluations)
    if newest is None:
        return None
    return Claim(
        newest.evaluation,
        newest.answer,
        newest.own,
        newest.teacher,
        newest.is_newest,
        _scatter(newest.answer),
        _intervals(newest.evaluation, newest.answer),
        _rounds(_on_same_records(evaluations)),
    )


def saved_usd(task: Task) -> Decimal | None:
    """Money saved this month against the task's cheapest paid writer; None where a price or a call is missing."""
    month = savings.of_task(task)
    return month.saved_usd if month.outputs else None


def _on_same_records(evaluations: list[Evaluation]) -> list[Evaluation]:
    """The newest evaluation of each run on the records that most runs share, the first run first."""
    by_records: dict[str, dict[int, Evaluation]] = {}
    for each in evaluations:
        by_records.setdefault(each.records_hash, {}).setdefault(each.run.number, each)
    shared = max(by_records.values(), key=len)
    return [shared[number] for number in sorted(shared)][-MOST_ROUNDS:]


def _scatter(answers: Answer) -> dict[str, Any]:
    # Baselines lie on one another, and their names too.
    rows = [row for row in (answers.own, *answers.teachers, *answers.others) if row]
    points = [
        {"name": row.label, "x": row.cost.usd, "y": 100 * row.share, "lo": _percent(row.low), "hi": _percent(row.high)}
        for row in rows
        if row.cost
    ]
    if len(points) < 2:
        return {}
    return {
        "points": points,
        "x": {"label": "US dollars per 1,000", "zero": True},
        "y": {"label": f"{answers.metric.label}, %"},
    }


def _intervals(evaluation: Evaluation, answers: Answer) -> dict[str, Any]:
    rows = {row.name: row.label for row in (answers.own, *answers.teachers[:1]) if row}
    chart = tables.chart(evaluation.summary, answers.metric.name, list(rows))
    return {**chart, "rows": [{**row, "name": rows[row["name"]]} for row in chart["rows"]]}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _rounds(evaluations: list[Evaluation]) -> dict[str, Any]:
    if len(evaluations) < 2:
        return {}
    rows = []
    for evaluation in evaluations:
        name, metric = tuned_name(evaluation.run), tables.headline_metric(evaluation.summary)
        lines = tables.chart(evaluation.summary, metric.name, [name])["rows"]
        rows += [{**row, "name": f"Round {evaluation.run.number}"} for row in lines]
    return {"rows": rows, "x": {"label": "per cent of outputs"}} if len(rows) > 1 else {}
