"""Where the rows of a version come from and how far its judges agree: asked once, when it is frozen, for its card."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from review.models import DatasetRow, DatasetVersion, Task
from review.selectors import agreement


def of(version: DatasetVersion) -> dict[str, Any]:
    """Sources, task versions, models and agreement, as plain data.

    Args:
        version: Its rows must have been written.
    """
    rows = DatasetRow.objects.filter(version=version).order_by()
    source = "draft__record__source__"
    columns = [f"{source}name", f"{source}provenance", f"{source}sha256"]
    sources = rows.values_list(*columns).annotate(n=Count("pk")).order_by("-n")
    numbers = rows.values_list("draft__task_version__number").annotate(n=Count("pk"))
    models = rows.values_list("draft__model").annotate(n=Count("pk")).order_by("-n")
    return {
        "sources": [{"name": name, "note": note, "sha256": sha256, "rows": n} for name, note, sha256, n in sources],
        "task_versions": {f"v{number}": n for number, n in sorted(numbers)},
        "models": {model or "(none)": n for model, n in models},
        "agreement": _agreement(version.dataset.task),
    }


def _agreement(task: Task) -> dict[str, Any]:
    """How far verdicts agree on the drafts of the task that several judged, blind to each other."""
    verdict = next(line for line in agreement.report(task).lines if line.key == "verdict")
    alpha, same = verdict.alpha, verdict.same
    return {
        "drafts": alpha.units, "verdicts": alpha.ratings, "alpha": alpha.value, "low": alpha.low, "high": alpha.high,
        "same": same.value if same else None, "is_enough": verdict.is_enough,
    }  # fmt: skip
