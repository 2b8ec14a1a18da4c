"""Variety of an order's drafts, and which of them come to the desk, as an order keeps it. Pure; reads no row."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from generation.engine.contracts import MixedTeacher, TeacherSpec
from jobs.contracts import Wire

NearDuplicates = Literal["", "keep_out", "ask_again"]
BestOfBy = Literal["", "checks", "judge"]


class MixSettings(Wire):
    """Settings that stand on an order beside its teacher. Empty for one teacher that brings every draft to the desk."""

    # With their prices, as they were at launch; `slugs` are their short names, in the same order.
    teachers: list[MixedTeacher] = Field(default_factory=list)
    slugs: list[str] = Field(default_factory=list)
    personas: list[str] = Field(default_factory=list)
    angles: list[str] = Field(default_factory=list)
    # Ids of the decisions whose texts are shown, one more than `shown`; and the frozen set they were taken from.
    examples: list[str] = Field(default_factory=list)
    shown: int = 0
    gold_set: str = ""
    near_duplicates: NearDuplicates = ""
    best_of: BestOfBy = ""
    # Who chooses the best, and what is set aside for that out of what the whole may cost.
    judge: str = ""
    judge_spec: TeacherSpec | None = None
    judge_budget_usd: float = 0.0
    # Of an order that asks again: the angle each record's repeated draft had taken.
    not_angles: dict[str, str] = Field(default_factory=dict)
    # Of an order that judges: each record's drafts, in the order in which the judge sees them.
    lineups: dict[str, list[str]] = Field(default_factory=dict)
