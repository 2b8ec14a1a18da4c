"""Reads the table of any experiment, row by row: which arm, which outcome, which cluster. CSV, plain or gzip.

Every row counts and a missing outcome is refused, never dropped: who was drawn is analysed (intention to treat).
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from stats.experiments import linear
from stats.experiments.linear import LinearMean
from stats.intervals.samples import ClusteredSample

GZIP_MAGIC = b"\x1f\x8b"
TRUTHS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


@dataclass(frozen=True, slots=True)
class OutcomeColumns:
    """Names of the table's columns; without `unit` every row is a unit, without `cluster` every unit is one.

    Attributes:
        denominator: Of a ratio metric: the sum of the metric over the sum of this.
        covariate: A number of each row from before the experiment.
    """

    arm: str
    metric: str
    unit: str | None = None
    cluster: str | None = None
    denominator: str | None = None
    covariate: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeTable:
    """An experiment as read.

    Attributes:
        arms: Outcomes by arm, in the order of their names.
        ratios: Metric over denominator by arm, or over rows without one, where a denominator or a covariate is named.
        covariates: The covariate's means by arm; empty without one.
        notes: What was decided while reading, in plain words.
    """

    arms: dict[str, ClusteredSample]
    rows: int
    notes: tuple[str, ...]
    ratios: dict[str, LinearMean] = field(default_factory=dict)
    covariates: dict[str, LinearMean] = field(default_factory=dict)


@dataclass(slots=True)
class _Arm:
    values: array[float] = field(default_factory=lambda: array("d"))
    denominators: array[float] = field(default_factory=lambda: array("d"))
    covariates: array[float] = field(default_factory=lambda: array("d"))
    clusters: array[int] = field(default_factory=lambda: array("q"))
    numbers: dict[str, int] = field(default_factory=dict)


def read(path: Path, columns: OutcomeColumns) -> OutcomeTable:
    """Read the outcomes of every arm.

    A unit that has several rows is a cluster of its rows, unless a cluster column is named. Memory is 16 bytes a row
    and one entry a cluster and a unit.

    Raises:
        ValueError: If a column is missing, a cell is empty or no number, a cluster or a unit is in two arms, or there
            is no row; the text has the line.
        OSError: If the file cannot be read.
    """
    with _open(path) as text:
        try:
            return read_rows(csv.reader(text), columns)
        except csv.Error as error:
            raise ValueError(f"The table cannot be read as CSV: {error}. Is a quote left open?") from None


def read_rows(rows: Iterable[list[str]], columns: OutcomeColumns) -> OutcomeTable:
    """Like `read`, from rows of cells of which the first are the names."""
    cells = iter(rows)
    names = [name.strip().lstrip("\ufeff") for name in next(cells, [])]
    if not names:
        raise ValueError("The table is empty.")
    arm_at, metric_at = _place(names, columns.arm), _place(names, columns.metric)
    if columns.unit is not None and columns.unit not in names:
        raise ValueError(
            f"The column '{columns.unit}' of the unit is missing; the columns are {', '.join(names)}. "
            "Where every row is a unit, leave the unit out."
        )
    below_at = None if columns.denominator is None else _place(names, columns.denominator)
    before_at = None if columns.covariate is None else _place(names, columns.covariate)
    group = columns.cluster or columns.unit
    group_at = None if group is None else _place(names, group)
    unit_at = None if columns.unit is None or columns.unit == group else _place(names, columns.unit)
    arms: dict[str, _Arm] = {}
    homes: dict[str, str] = {}
    homes_of_units: dict[str, str] = {}
    line = 1
    for line, row in enumerate(cells, start=2):
        if not row:
            continue
        if len(row) != len(names):
            raise ValueError(f"Line {line} has {len(row)} cells, the first line has {len(names)}.")
        name = _text(row[arm_at], columns.arm, line)
        arm = arms.setdefault(name, _Arm())
        arm.values.append(_number(row[metric_at], columns.metric, line))
        if below_at is not None:
            arm.denominators.append(_number(row[below_at], columns.denominator or "", line))
        if before_at is not None:
            arm.covariates.append(_number(row[before_at], columns.covariate or "", line))
        if group_at is not None and group is not None:
            key = _at_home(homes, row[group_at], group, name, line)
            arm.clusters.append(arm.numbers.setdefault(key, len(arm.numbers)))
        if unit_at is not None and columns.unit is not None:
            _at_home(homes_of_units, row[unit_at], columns.unit, name, line)
    return _table(arms, columns)


def _at_home(homes: dict[str, str], cell: str, group: str, arm: str, line: int) -> str:
    """Name what was drawn, and hold it to the arm it was in before."""
    key = _text(cell, group, line)
    if homes.setdefault(key, arm) != arm:
        raise ValueError(_mixed_cluster(key, group, homes[key], arm, line))
    return key


def _table(arms: dict[str, _Arm], columns: OutcomeColumns) -> OutcomeTable:
    if not arms:
        raise ValueError("The table has names of columns but no row.")
    outcomes = {name: _outcomes(arms[name]) for name in sorted(arms)}
    rows = sum(len(arm.values) for arm in arms.values())
    notes = []
    if columns.cluster is None and any(arm.is_clustered for arm in outcomes.values()):
        units = sum(arm.clusters for arm in outcomes.values())
        notes.append(
            f"{rows:,} rows are of {units:,} units: rows of one unit are not independent, so it is the cluster."
        )
    if columns.denominator is None and columns.covariate is None:
        return OutcomeTable(outcomes, rows, tuple(notes))
    ratios = {name: _mean(arm, arm.values) for name, arm in arms.items()}
    covariates = {name: _mean(arm, arm.covariates) for name, arm in arms.items() if columns.covariate}
    return OutcomeTable(outcomes, rows, tuple(notes), ratios, covariates)


def _mean(arm: _Arm, column: array[float]) -> LinearMean:
    """Sum of a column over that of the denominator, where it is the metric's; else over rows. Draws are clusters."""
    values = np.frombuffer(column, dtype=np.float64)
    is_ratio = column is arm.values and bool(arm.denominators)
    below = np.frombuffer(arm.denominators, dtype=np.float64) if is_ratio else np.ones(len(values))
    if arm.numbers:
        index = np.frombuffer(arm.clusters, dtype=np.int64)
        return linear.ratio(*(np.bincount(index, weights=rows).astype(np.float64) for rows in (values, below)))
    return linear.ratio(values, below)


def _outcomes(arm: _Arm) -> ClusteredSample:
    values = np.frombuffer(arm.values, dtype=np.float64)
    if not arm.numbers:
        return ClusteredSample.of_units(values)
    return ClusteredSample.of_numbered_rows(values, np.frombuffer(arm.clusters, dtype=np.int64))


def _place(names: list[str], name: str) -> int:
    if names.count(name) != 1:
        why = "is there twice" if name in names else "is missing"
        raise ValueError(f"The column '{name}' {why}; the columns are {', '.join(names)}.")
    return names.index(name)


def _text(cell: str, column: str, line: int) -> str:
    text = cell.strip()
    if not text:
        raise ValueError(f"Line {line}: '{column}' is empty.")
    return text


def _number(cell: str, column: str, line: int) -> float:
    text = cell.strip()
    try:
        value = float(text)
    except ValueError:
        value = TRUTHS.get(text.lower(), math.nan)
    if not math.isfinite(value):
        shown = "empty" if not text else f"'{text[:40]}', not a finite number"
        raise ValueError(
            f"Line {line}: '{column}' is {shown}. An outcome that is not known yet cannot be left out: "
            "give 0 where nothing happened, or wait until it is known."
        )
    return value


def _mixed_cluster(key: str, group: str, first: str, second: str, line: int) -> str:
    return (
        f"Line {line}: '{key}' of '{group}' is in the arms '{first}' and '{second}'. What was drawn stays in one arm; "
        "name the column by which arms were drawn."
    )


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked if it begins like gzip, whatever its name."""
    with path.open("rb") as raw:
        is_packed = raw.peek(2)[:2] == GZIP_MAGIC
        stream = gzip.GzipFile(fileobj=raw) if is_packed else raw
        yield io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
