"""Remarks of the checks on a draft, listed beside it: each sentence once, with its one-key mend where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text.checks import mends
from review.text.checks.mends import Mend


@dataclass(frozen=True, slots=True)
class Remark:
    """One objection.

    Attributes:
        advice: What would put it right, for a person.
        severity: error or warning.
        field: Path of the first text it applies to.
        start: Where it applies first, in code points; equal to `end` for a text as a whole.
        end: One past its last character.
        mend: What one key does about it.
    """

    message: str
    advice: str
    severity: str
    times: int
    field: str
    start: int
    end: int
    mend: Mend | None


def remarks(spec: TaskSpec, facts: Facts, fields: Fields, marks: Sequence[Mapping[str, Any]]) -> list[Remark]:
    """Return the remarks that marks make, each sentence once, in their order."""
    offered = mends.offered(spec, facts, fields, marks)
    times: dict[tuple[str, str], int] = {}
    for mark in marks:
        times[_key(mark)] = times.get(_key(mark), 0) + 1
    by_sentence: dict[tuple[str, str], Remark] = {}
    for mark, mend in zip(marks, offered, strict=True):
        by_sentence.setdefault(_key(mark), _remark(mark, times[_key(mark)], mend))
    return list(by_sentence.values())


def _key(mark: Mapping[str, Any]) -> tuple[str, str]:
    return mark["message"], mark["mend"]


def _remark(mark: Mapping[str, Any], times: int, mend: Mend | None) -> Remark:
    return Remark(
        message=mark["message"],
        advice=mark["mend"],
        severity=mark["severity"],
        times=times,
        field=mark["field"],
        start=mark["start"],
        end=mark["end"],
        mend=mend,
    )
