"""Sample ratio checks over JSON lines: one experiment a line in, one answer a line out.

A line is `{"id": ..., "counts": [...], "weights": [...]?}`; counts and weights may also be objects by arm.
It does not know files nor what an id names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from campaigns.statistics import sample_ratio


@dataclass(frozen=True, slots=True)
class Answer:
    """The check of one line."""

    id: Any
    chi2: float
    p_value: float

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps({"id": self.id, "chi2": self.chi2, "p_value": self.p_value}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no check, and why."""

    number: int
    reason: str


def answers(lines: Iterable[str]) -> Iterator[Answer | BadLine]:
    """Check every line by itself, so that a bad one does not keep the others from their answer. Empty lines are passed."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _answer(line)
        except (ValueError, RecursionError, OverflowError) as error:
            yield BadLine(number, str(error) or type(error).__name__)


def _answer(line: str) -> Answer:
    try:
        given = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is no JSON: {error}") from None
    if not isinstance(given, dict) or "id" not in given or "counts" not in given:
        raise ValueError('A line must be an object with "id" and "counts".')
    counts, weights = _aligned(given["counts"], given.get("weights"))
    ratio = sample_ratio.check(counts, weights)
    return Answer(given["id"], ratio.chi2, ratio.p_value)


def _aligned(counts: Any, weights: Any) -> tuple[list[Any], list[Any] | None]:
    if isinstance(counts, dict):
        if weights is not None and (not isinstance(weights, dict) or weights.keys() != counts.keys()):
            raise ValueError("Counts are by arm, so weights must name the same arms.")
        return list(counts.values()), None if weights is None else [weights[arm] for arm in counts]
    if not isinstance(counts, list) or not (weights is None or isinstance(weights, list)):
        raise ValueError("Counts and weights must be lists, or both objects by arm.")
    return counts, weights
