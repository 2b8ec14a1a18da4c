"""An evaluation's labels as tables: precision and recall of each, and which label each system takes for which.

Pure Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import MetricDisplay

_SHARE = MetricDisplay("", "", "", "percent", 0)


def of(summary: dict[str, Any], systems: Iterable[str]) -> list[dict[str, Any]]:
    """Tabulate each field with labels: precision and recall by label and system, and each system's confusion counts.

    Args:
        systems: Names of the systems in the order of their columns.
    """
    reports = {name: summary["labels"][name] for name in systems if name in summary.get("labels", {})}
    fields = dict.fromkeys(report["field"] for own in reports.values() for report in own)
    return [_label_table(field, reports) for field in fields]


def _label_table(field: str, reports: dict[str, Any]) -> dict[str, Any]:
    by_system = {name: report for name, own in reports.items() for report in own if report["field"] == field}
    any_report = next(iter(by_system.values()))
    lines = [
        {
            "label": label,
            "support": any_report["rows"][index]["support"],
            "cells": [
                {kind: tables.cell(report["rows"][index][kind], _SHARE) for kind in ("precision", "recall")}
                for report in by_system.values()
            ],
        }
        for index, label in enumerate(any_report["labels"])
    ]
    matrices = [
        {"system": name, "columns": [*report["labels"], "no label"], "rows": _matrix(report)}
        for name, report in by_system.items()
    ]
    return {"field": field.replace("_", " "), "systems": list(by_system), "lines": lines, "matrices": matrices}


def _matrix(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with their counts; `depth` 0 to 5 is a cell's share of its row, for its shade."""
    rows = []
    for index, (label, counts) in enumerate(zip(report["labels"], report["counts"], strict=True)):
        total = sum(counts)
        cells = [
            {"count": count, "depth": round(5 * count / total) if total else 0, "is_right": column == index}
            for column, count in enumerate(counts)
        ]
        rows.append({"label": label, "cells": cells})
    return rows
