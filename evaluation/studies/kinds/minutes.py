"""Imitation, preferences and on-policy drafts at equal expert minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluation.studies.arm_sentences import ArmComparison, cannot_tell, is_told, words
from evaluation.studies.design import SMALL, StudyArm, StudyDesign, StudyInputs, StudyRequest
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, by_arms
from review.models import DatasetVersion
from training.inputs import expert_minutes

# Arms: imitated golds; preferences on top of those; golds that include a miniature's own drafts.
SFT, SFT_DPO, SFT_KTO, ON_POLICY = "SFT", "SFT, then DPO", "SFT, then KTO", "SFT, on-policy"
# Names of the arms other than SFT in a request.
BESIDE_SFT: Final = {"dpo": SFT_DPO, "kto": SFT_KTO, "on_policy": ON_POLICY}
SMALL_MINUTES: Final = 60
# Under a shared budget the noise between seeds decides, and two seeds estimate it too poorly.
MIN_SEEDS_OF_MINUTES: Final = 3

# Default arms, which any task with all three verdicts can have.
_USUALLY: Final = ("dpo", "kto")


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    """Return SFT on golds and the requested arms, in a fixed order."""
    recipes, lora = grid.request.recipes, grid.lora
    optional = {
        "dpo": StudyArm(SFT_DPO, recipes.get("dpo", "dpo"), reads="dpo", after=SFT),
        "kto": StudyArm(SFT_KTO, recipes.get("kto", "kto"), reads="kto", after=SFT),
        "on_policy": StudyArm(ON_POLICY, lora, with_miniature=True),
    }
    chosen = grid.request.beside_sft or _USUALLY
    return StudyArm(SFT, lora), *(arm for name, arm in optional.items() if name in chosen)


def _minutes(grid: Grid) -> tuple[int, ...]:
    """Return the budget of each arm in whole minutes: the requested one, or the most that every arm can spend."""
    request, inputs = grid.request, grid.inputs
    if request.minutes is not None:
        return (request.minutes,)
    most = min(inputs.minutes, 2 * inputs.own_minutes) if "on_policy" in request.beside_sft else inputs.minutes
    return (min(most, SMALL_MINUTES) if request.preset == SMALL else most,)


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    request, inputs, errors = grid.request, grid.inputs, Errors()
    minutes = design.sizes[0]
    if request.sizes:
        errors["sizes"] = ["Arms are equal in expert minutes, not in records: name minutes instead."]
    if unknown := [name for name in request.beside_sft if name not in BESIDE_SFT]:
        errors["beside_sft"] = [f"There is no arm '{unknown[0]}'; choose of {', '.join(BESIDE_SFT)}."]
    elif any(arm.with_miniature for arm in design.arms) and (why := _why_not_on_policy(minutes, inputs)):
        errors["beside_sft"] = [why]
    if not 1 <= minutes <= inputs.minutes:
        errors["minutes"] = [
            f"Judging the teachers' drafts of this version took {inputs.minutes} timed minutes in all."
        ]
    if len(design.seeds) < MIN_SEEDS_OF_MINUTES:
        errors["seeds"] = [
            f"Name at least {MIN_SEEDS_OF_MINUTES} different seeds: arms differ by what the minutes buy."
        ]
    return errors


def _why_not_on_policy(minutes: int, inputs: StudyInputs) -> str:
    """Return the reason why the on-policy arm cannot spend half its minutes; empty where it can."""
    if not inputs.own_minutes:
        return (
            f"{ON_POLICY}: this version holds no timed verdict on a draft that a miniature wrote. Promote a "
            "miniature, order drafts by it, judge them and freeze the next version, or leave this arm out."
        )
    if 2 * inputs.own_minutes < minutes:
        return (
            f"{ON_POLICY}: half of {minutes} minutes go to a miniature's own drafts, and judging those of this "
            f"version took {inputs.own_minutes}. Judge more of them, name {2 * inputs.own_minutes} minutes at "
            "most, or leave this arm out."
        )
    return ""


def _rule_of(design: StudyDesign) -> Rule:
    """Return a rule that tests each arm against SFT, at a level that all arms share."""
    names = [arm.name for arm in design.arms[1:]]
    return {
        "comparisons": [[name, SFT] for name in names],
        "families": {name: name for name in names},
        "level": 1 - 0.05 / len(names),
        "minutes": design.sizes[0],
    }


def _minutes_held(request: StudyRequest, version: DatasetVersion) -> Mapping[str, int]:
    """Return the minutes spent on judging the teachers' drafts, and a miniature's."""
    of_teachers, own = (expert_minutes.timed_drafts(version, by_miniature=is_own) for is_own in (False, True))
    held = expert_minutes.minutes_held
    return {"minutes": held(of_teachers), "own_minutes": held(own)}


def sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    of = f"of the same {rule['minutes']} expert minutes"
    compared = sorted((each for each in comparisons if is_told(each)), key=lambda each: each.lost or 0.0)
    if not compared:
        return cannot_tell(comparisons[0], "with SFT alone no output passes")
    best = next((each for each in compared if each.is_shown), compared[0])
    finding = words(best, rule, than="with SFT alone")
    if best.is_shown:
        return f"{best.arm} makes more {of} than SFT alone: {finding}."
    if len(compared) == len(comparisons) and all((each.low or 0.0) > 0 for each in compared):
        return f"SFT alone makes the most {of}: with {best.arm}, which comes nearest, {finding}."
    return f"The study does not show that any arm makes more {of} than SFT alone: with {best.arm} {finding}."


KIND = Kind(
    name="minutes",
    question="What makes the most of the same expert minutes?",
    axis="Spends its minutes on",
    arms=_arms,
    sizes=_minutes,
    small_seeds=(1, 2, 3),
    is_by_minutes=True,
    needs_rejected="the minutes that rejections took would be missing from every arm",
    more_inputs=_minutes_held,
    errors=_errors,
    rule_of=_rule_of,
    conclude=by_arms(sentence, told_from=0),
    gain="An arm whose students are truly better by {gain} is shown to make more of the minutes",
    rule={
        **USUAL,
        "text": (
            "All arms spend the same expert minutes, and each is compared with SFT on the approved examples that "
            "these minutes buy: is the relative difference in loss, paired by record, averaged over seeds, shown to "
            "be below zero? The arms share the level (Bonferroni: an interval of 1 - 5 % / arms), so at most 2.5 % of "
            "such studies report a gain that does not exist; an arm is called worse if its interval begins above "
            "zero, which is wrong in at most another 2.5 %. An arm whose seeds differ by more than 20 % (unstable) is "
            "undecided. Minutes are those recorded with the decisions, at most five a card; rejections cost minutes "
            "and give no example. Steps and seconds of tuning are shown but not made equal."
        ),
        "tolerance": 0.0,
        "gain": 0.05,
        "draws": 20_000,
    },
    findings=("Its recipes are supervised fine-tuning on accepted and edited texts.",),
)
