"""An evaluation's labels as tables: precision and recall of each, and which label each system takes for which.

Pure Python.
"""

from __future__ import annotations

from typing import Any

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import MetricDisplay

# Kinds of systems in the order of their columns: what was tuned, then what taught it.
_KINDS = ("lora", "full", "teacher", "base", "baseline")
_SHARE = MetricDisplay("", "", "", "percent", 0)


def of(summary: dict[str, Any], *, first: str = "") -> list[dict[str, Any]]:
    """Tabulate each field with labels: precision and recall by label and system, and each system's confusion counts.

    Args:
        first: The system that comes first, if it is there; else what was tuned.
    """
    reports, names = summary.get("labels", {}), tables.systems(summary)
    fields = dict.fromkeys(report["field"] for own in reports.values() for report in own)
    kinds = summary.get("kinds", {})
    places = {name: (name != first, _place(kinds.get(name, ""))) for name in names}
    names = sorted(names, key=places.__getitem__)
    return [_label_table(field, names, reports) for field in fields]


def _place(kind: str) -> int:
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _label_table(field: str, names: list[str], reports: dict[str, Any]) -> dict[str, Any]:
    by_system = {name: report for name in names for report in reports.get(name, ()) if report["field"] == field}
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
