"""Evidence that one teacher is measured worse than another: of evaluations on the same records, one with each."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from evaluation.evaluations import change, tables
from evaluation.models import Evaluation
from evaluation.states import SystemKind
from generation.models import Teacher

# Evaluations looked through, the newest first.
LOOKED_AT: Final = 50
Interval = tuple[float, float]


class TeacherComparison:
    """Comparisons of teachers by evaluations; see `generation.teachers.shutdowns`.

    Read when the first pair is asked about and kept for the others: of a list of models, each has many that could
    replace it.
    """

    def __call__(self, model: str, replacement: str) -> bool | None:
        """Return whether what the second model writes was measured to be worse.

        Both names are `provider:model`. On the same records, its whole interval lies below that of the first; which is
        stricter than a paired test. None where no two evaluations, or one with both, allow it.
        """
        if not {model, replacement} <= set(self._labels.values()):
            return None
        both = [each for each in self._intervals if model in each and replacement in each]
        if not both:
            return None
        return any(each[replacement][1] < each[model][0] for each in both)

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {teacher.name: teacher.label for teacher in Teacher.objects.filter(provided_by="")}

    @cached_property
    def _intervals(self) -> list[dict[str, Interval]]:
        """Intervals by `provider:model`, the newest ones, of texts for the same records that were scored alike."""
        values: dict[tuple[object, ...], dict[str, Interval]] = {}
        rows = Evaluation.objects.exclude(summary={}).exclude(records_hash="").select_related("task_version")
        for evaluation in rows.defer("record_ids").order_by("-created_at")[:LOOKED_AT]:
            summary = evaluation.summary
            if summary.get("is_exploratory"):
                continue
            metric = tables.headline_metric(summary).name
            for name, interval in _teachers(summary, metric).items():
                if label := self._labels.get(name):
                    alike = (evaluation.records_hash, metric, change.scored_by(evaluation))
                    values.setdefault(alike, {}).setdefault(label, interval)
        return list(values.values())


def _teachers(summary: dict[str, Any], metric: str) -> dict[str, Interval]:
    kinds = summary.get("kinds", {})
    cells = {name: result.get(metric) for name, result in summary.get("systems", {}).items()}
    return {
        name: (cell["low"], cell["high"])
        for name, cell in cells.items()
        if cell and kinds.get(name) == SystemKind.TEACHER and cell["low"] is not None and cell["high"] is not None
    }
