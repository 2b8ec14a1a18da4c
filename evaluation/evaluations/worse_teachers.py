"""Whether one teacher was measured to be worse than another: of evaluations on the same records, one with each."""

from __future__ import annotations

from typing import Any, Final

from evaluation.evaluations import tables
from evaluation.models import Evaluation
from evaluation.states import SystemKind
from generation.models import Teacher

# Evaluations looked through, the newest first.
LOOKED_AT: Final = 50
Interval = tuple[float, float]


def is_measured_worse(model: str, replacement: str) -> bool | None:
    """Return whether what the second model writes was measured to be worse; see `generation.teachers.shutdowns`.

    Both names are `provider:model`. On the same records, its whole interval lies below that of the first; which is
    stricter than a paired test. None where no two evaluations, or one with both, allow it.
    """
    names = {teacher.name: teacher.label for teacher in Teacher.objects.filter(provided_by="")}
    if not {model, replacement} <= set(names.values()):
        return None
    values: dict[str, dict[str, Interval]] = {}
    rows = Evaluation.objects.exclude(summary={}).exclude(records_hash="").order_by("-created_at")
    for records, summary in rows.values_list("records_hash", "summary")[:LOOKED_AT]:
        for name, interval in _teachers(summary).items():
            if label := names.get(name):
                values.setdefault(records, {}).setdefault(label, interval)
    both = [found for found in values.values() if model in found and replacement in found]
    if not both:
        return None
    return any(found[replacement][1] < found[model][0] for found in both)


def _teachers(summary: dict[str, Any]) -> dict[str, Interval]:
    """The interval of each teacher in the metric that the evaluation is judged by."""
    metric, kinds = tables.headline_metrics(summary)[0].name, summary.get("kinds", {})
    cells = {name: result.get(metric) for name, result in summary.get("systems", {}).items()}
    return {
        name: (cell["low"], cell["high"])
        for name, cell in cells.items()
        if cell and kinds.get(name) == SystemKind.TEACHER and cell["low"] is not None and cell["high"] is not None
    }
