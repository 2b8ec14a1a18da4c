"""Names of the other tasks of a transfer study: told to members of those tasks, neutral words to everyone else.

A study of the kind `transfer` names tasks as its arms and columns, and its page is read by members of one of them alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from evaluation.models import Study
from evaluation.states import StudyKind
from evaluation.studies import transfer
from members.models import Member
from review.states import Role
from review.tasks.permissions import slugs_with

NeutralNames = Mapping[str, str]
# What stands where an error could quote another task's names.
WITHHELD: Final = "Members of that task can read why."


class StudyReader:
    """A member who reads studies; which tasks they may know is asked of the database once, where a study names several."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def neutral_names(self, study: Study) -> NeutralNames:
        """The words that stand for the tasks of a study that the member has no role in, by task; empty for most studies.

        A task keeps its number whoever reads the study.
        """
        if study.kind != StudyKind.TRANSFER or self._slugs is None:
            return {}
        return _neutral(study, self._slugs)

    @cached_property
    def _slugs(self) -> frozenset[str] | None:
        return slugs_with(self._member, Role.VIEWER)


def sentence_for_all(study: Study, body: Mapping[str, Any]) -> str:
    """A verdict's sentence in words that every member of the study's task may read."""
    own = {study.record["task"]["slug"]}
    names = _neutral(study, own) if study.kind == StudyKind.TRANSFER else {}
    return str(with_neutral_names(body, names)["sentence"])


def with_neutral_names(body: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    """A verdict with neutral words for some tasks: its sentence and findings are worded anew from its matrix."""
    if not names or "matrix" not in body:
        return dict(body)
    matrix = [_column(column, names) for column in body["matrix"]]
    told: dict[str, Any] = {**body, "matrix": matrix, **transfer.worded(matrix)}
    hidden = tuple(f"{slug}, " for slug in names)
    if "missing" in body:
        told["missing"] = [_missing(each, hidden, names) for each in body["missing"]]
    if "cells" in body:
        told["cells"] = rows_with_neutral_names(body["cells"], names)
    return told


def rows_with_neutral_names(rows: Sequence[Mapping[str, Any]], names: NeutralNames) -> list[dict[str, Any]]:
    """Rows of cells with neutral words for some tasks; the runs of those tasks are not told either."""
    return [_row(row, names) if row["arm"] in names else dict(row) for row in rows]


def record_with_neutral_names(record: Mapping[str, Any], names: NeutralNames) -> dict[str, Any]:
    """A registration with neutral words for some tasks; its hash is that of the whole, so it no longer matches."""
    if not names:
        return dict(record)
    grid, scored_on = record["grid"], record["scored_on"]
    return {
        **record,
        "grid": {**grid, "arms": [_renamed(arm, "name", names) for arm in grid["arms"]]},
        "scored_on": {**scored_on, "columns": [_renamed(each, "task", names) for each in scored_on["columns"]]},
        "cells": [_renamed(cell, "arm", names) for cell in record["cells"]],
    }


def _neutral(study: Study, seen: frozenset[str] | set[str]) -> NeutralNames:
    tasks = [str(column["task"]) for column in study.record["scored_on"]["columns"]]
    return {task: f"other task {place}" for place, task in enumerate(tasks) if task not in seen}


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
