"""The grid of equal expert minutes: arms that spend the same minutes of judging, and what cannot be bought with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from evaluation.states import StudyKind
from evaluation.studies.design import (
    BESIDE_SFT,
    MIN_SEEDS_OF_MINUTES,
    ON_POLICY,
    SFT,
    SFT_DPO,
    SFT_KTO,
    SMALL,
    SMALL_MINUTES,
    StudyArm,
    StudyDesign,
    StudyInputs,
    StudyRequest,
)

# Without a word, what any task with all three verdicts can give.
_USUALLY: Final = ("dpo", "kto")


def arms_of(asked: StudyRequest, *, lora: str) -> tuple[StudyArm, ...]:
    """SFT on golds, and the arms beside it that are asked for, in one order."""
    recipes: Mapping[str, str] = asked.recipes
    beside = {
        "dpo": StudyArm(SFT_DPO, recipes.get("dpo", "dpo"), reads="dpo", after=SFT),
        "kto": StudyArm(SFT_KTO, recipes.get("kto", "kto"), reads="kto", after=SFT),
        "on_policy": StudyArm(ON_POLICY, lora, with_miniature=True),
    }
    chosen = asked.beside_sft or _USUALLY
    return StudyArm(SFT, lora), *(arm for name, arm in beside.items() if name in chosen)


def minutes_of(asked: StudyRequest, given: StudyInputs) -> int:
    """The budget of each arm, in whole minutes: what was asked for, else the most that every arm can spend."""
    if asked.minutes is not None:
        return asked.minutes
    most = min(given.minutes, 2 * given.own_minutes) if "on_policy" in asked.beside_sft else given.minutes
    return min(most, SMALL_MINUTES) if asked.preset == SMALL else most


def errors_of(asked: StudyRequest, design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    """Return what cannot be, by field; empty for other kinds, of which only their own fields are looked at."""
    if design.kind != StudyKind.MINUTES:
        return {}
    errors: dict[str, list[str]] = {}
    minutes = design.sizes[0]
    if asked.sizes:
        errors["sizes"] = ["Arms are equal in expert minutes, not in records: name minutes instead."]
    if unknown := [name for name in asked.beside_sft if name not in BESIDE_SFT]:
        errors["beside_sft"] = [f"There is no arm '{unknown[0]}'; choose of {', '.join(BESIDE_SFT)}."]
    elif any(arm.with_miniature for arm in design.arms) and (why := _why_not_on_policy(minutes, given)):
        errors["beside_sft"] = [why]
    if not 1 <= minutes <= given.minutes:
        errors["minutes"] = [f"Judging the teachers' drafts of this version took {given.minutes} timed minutes in all."]
    if len(design.seeds) < MIN_SEEDS_OF_MINUTES:
        errors["seeds"] = [
            f"Name at least {MIN_SEEDS_OF_MINUTES} different seeds: arms differ by what the minutes buy."
        ]
    return errors


def _why_not_on_policy(minutes: int, given: StudyInputs) -> str:
    """Reason why the arm on a miniature's own drafts cannot spend its half; empty where it can."""
    if not given.own_minutes:
        return (
            f"{ON_POLICY}: this version holds no timed verdict on a draft that a miniature wrote. Promote a miniature, order "
            "drafts by it, judge them and freeze the next version, or leave this arm out."
        )
    if 2 * given.own_minutes < minutes:
        return (
            f"{ON_POLICY}: half of {minutes} minutes go to a miniature's own drafts, and judging those of this version took "
            f"{given.own_minutes}. Judge more of them, name {2 * given.own_minutes} minutes at most, or leave this arm out."
        )
    return ""
