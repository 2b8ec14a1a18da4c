"""Names of the other tasks of a transfer study: shown to their members, replaced by neutral words for everyone else.

A study of the kind `transfer` names tasks as arms and columns, but members of only one task may read its page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from evaluation.models import Study
from evaluation.studies.kinds import KINDS, transfer
from members.models import Member
from review.states import Role
from review.tasks.permissions import slugs_with

NeutralNames = Mapping[str, str]
# Shown in place of an error that could quote another task's names.
WITHHELD: Final = "Members of that task can read why."


class StudyReader:
    """Member who reads studies. The tasks they may see are queried once, and only for a study of several."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def neutral_names(self, study: Study) -> NeutralNames:
        """Return neutral words by task for the tasks in which the member has no role; empty for most studies.

        A task has the same number for all readers of a study.
        """
        if not KINDS[study.kind].is_across_tasks or self._slugs is None:
            return {}
        return _neutral(study, self._slugs)

    @cached_property
    def _slugs(self) -> frozenset[str] | None:
        return slugs_with(self._member, Role.VIEWER)


def sentence_for_all(study: Study, body: Mapping[str, Any]) -> str:
    """Return a verdict's sentence for every member of the study's task."""
    own = {study.record["task"]["slug"]}
    names = _neutral(study, own) if KINDS[study.kind].is_across_tasks else {}
    return str(with_neutral_names(body, names)["sentence"])


def with_neutral_names(body: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    """Return a verdict with neutral words for some tasks; its matrix is worded anew."""
    if not names or "matrix" not in body:
        return dict(body)
    matrix = [_column(column, names) for column in body["matrix"]]
    renamed: dict[str, Any] = {**body, "matrix": matrix, **transfer.worded(matrix)}
    hidden = tuple(f"{slug}, " for slug in names)
    if "missing" in body:
        renamed["missing"] = [_missing(each, hidden, names) for each in body["missing"]]
    if "cells" in body:
        renamed["cells"] = rows_with_neutral_names(body["cells"], names)
    return renamed


def rows_with_neutral_names(rows: Sequence[Mapping[str, Any]], names: NeutralNames) -> list[dict[str, Any]]:
    """Return rows of cells with neutral words for some tasks, and without the runs of those tasks."""
    return [_row(row, names) if row["arm"] in names else dict(row) for row in rows]


def record_with_neutral_names(record: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    """Return a registration with neutral words for some tasks; it no longer matches its hash."""
    if not names:
        return dict(record)
    grid, scored_on = record["grid"], record["scored_on"]
    return {
        **record,
        "grid": {**grid, "arms": [_renamed(arm, "name", names) for arm in grid["arms"]]},
        "scored_on": {**scored_on, "columns": [_renamed(each, "task", names) for each in scored_on["columns"]]},
        "cells": [_renamed(cell, "arm", names) for cell in record["cells"]],
    }


def _neutral(study: Study, visible: frozenset[str] | set[str]) -> NeutralNames:
    tasks = [str(column["task"]) for column in study.record["scored_on"]["columns"]]
    return {task: f"other task {place}" for place, task in enumerate(tasks) if task not in visible}


def _column(column: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    entries = [_renamed(_renamed(entry, "from", names), "to", names) for entry in column["entries"]]
    return {**_renamed(column, "task", names), "entries": entries}


def _row(row: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    reason = WITHHELD if row["reason"] else ""
    return {**_renamed(row, "arm", names), "reason": reason, "run": "", "run_number": None}


def _missing(missing: Mapping[str, Any], hidden: tuple[str, ...], names: NeutralNames) -> dict[str, Any]:
    cell = str(missing["cell"])
    if not cell.startswith(hidden):
        return dict(missing)
    arm, _, rest = cell.partition(", ")
    return {"cell": f"{names[arm]}, {rest}", "reason": WITHHELD}


def _renamed(values: Mapping[str, Any], key: str, names: NeutralNames) -> dict[str, Any]:
    return {**values, key: names.get(values[key], values[key])}
