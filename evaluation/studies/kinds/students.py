"""Smallest student that holds against the largest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluation.studies.arm_sentences import ArmComparison, cannot_tell, is_told, words
from evaluation.studies.design import MIN_SEEDS_OF_STUDENTS, StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, against_largest, by_arms, by_size
from evaluation.studies.number_wording import percent

BY_FAMILY: Final = (
    "We test each family from its largest student downwards: a student holds if the interval of its loss, divided by "
    "the loss of the largest student of all, ends below 1.05. In each family we stop at the first that does not "
    "hold, or whose seeds differ by more than 20 % (unstable). The families share the level (Bonferroni: an "
    "interval of 1 - 5 % / families), so at most 2.5 % of such studies name a student that does not hold. "
    "The smallest student that holds in any family is the answer. Losses are per byte, so that students with "
    "different tokenizers can be compared."
)


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    inputs = grid.inputs
    families = inputs.families if len(set(inputs.families.values())) > 1 else {}
    return tuple(
        StudyArm(slug, grid.lora_of(slug), student=slug, family=families.get(slug, "")) for slug in inputs.students
    )


def _rule_of(design: StudyDesign) -> Rule:
    """Return a rule that tests each family from its largest student downwards, at a level that all families share."""
    *smaller, largest = design.arms
    if not largest.family:
        return against_largest(design)
    families = {arm.name: arm.family for arm in smaller}
    each = 1 - 0.05 / len(set(families.values()))
    return {**against_largest(design), "text": BY_FAMILY, "families": families, "level": each, "draws": 20_000}


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    if len(design.arms) >= 2:
        return {}
    return {"students": ["Name two students or more: one alone cannot be the smallest that holds."]}


def _all_arms(record: Mapping[str, Any]) -> set[str]:
    return {arm["name"] for arm in record["grid"]["arms"]}


def _sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    first, largest = comparisons[0], comparisons[0].against
    if shown := [each for each in comparisons if each.is_shown]:
        return (
            f"{shown[-1].arm} is the smallest that holds: {words(shown[-1], rule, than=f'with {largest}')}, "
            f"less than the {percent(rule['tolerance'])} that was allowed."
        )
    if not is_told(first):
        return cannot_tell(first, f"with {largest} no output passes")
    families = " in any family" if rule.get("families") else ""
    return f"No student smaller than {largest} is shown to hold{families}: with {first.arm} {words(first, rule)}."


KIND = Kind(
    name="students",
    question="Which is the smallest student that holds?",
    axis="Student",
    arms=_arms,
    order_students=by_size,
    small_seeds=(1, 2, 3),
    least_seeds=MIN_SEEDS_OF_STUDENTS,
    errors=_errors,
    rule_of=_rule_of,
    conclude=by_arms(_sentence, fronts=True),
    sized_arms=_all_arms,
    loses_nothing=("The second largest student", "one that holds"),
    rule={
        **USUAL,
        "text": (
            "We test students from the second largest downwards: a student holds if its loss, divided by the loss of "
            "the largest, has a 95 % interval that ends below 1.05. We stop at the first that does not hold, or whose "
            "seeds differ by more than 20 % (unstable). The last one that holds is the answer, so at most 2.5 % "
            "of such studies name a student that does not hold. Losses are per byte, so that students with "
            "different tokenizers can be compared."
        ),
        "tolerance": 0.05,
    },
    findings=("Tunes Gemma-3 of 1B, 4B and 12B, Qwen and Llama-3.2 of 1B, and reports a decline with size.",),
)
