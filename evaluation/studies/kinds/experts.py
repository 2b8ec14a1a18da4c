"""Expert isolated from a mixture, against a dense student of like size."""

from __future__ import annotations

from typing import Final

from evaluation.studies.arm_sentences import either
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, alike, by_arms

# The control is the expert that the router uses least.
ISOLATED, DENSE, LEAST_USED = "Isolated expert", "Dense student", "Least used expert"

NOTE: Final = (
    "Taking experts out of a mixture was shown on tiny models made from a config, which know no language: "
    "nothing is known yet of real mixtures."
)
OF_CONTROL: Final = (
    "Once it is shown to be better, it is compared in the same way with the expert that the router uses least, "
    "the control."
)


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    pairs = list(zip((ISOLATED, DENSE, LEAST_USED), reversed(grid.inputs.students), strict=False))
    return tuple(StudyArm(name, grid.lora, student=slug) for name, slug in reversed(pairs))


def _rule_of(design: StudyDesign) -> Rule:
    if LEAST_USED not in (arm.name for arm in design.arms):
        return {}
    comparisons = [*KIND.rule["comparisons"], [ISOLATED, LEAST_USED]]
    return {"comparisons": comparisons, "text": f"{KIND.rule['text']} {OF_CONTROL}"}


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    if len(grid.inputs.students) == len(design.arms) > 1:
        return {}
    return {
        "students": ["Name one dense student beside the isolated expert, about as large; then a control, if you like."]
    }


KIND = Kind(
    name="experts",
    question="Is an expert of a mixture a better student than a dense model?",
    axis="Student",
    arms=_arms,
    order_students=alike,
    errors=_errors,
    rule_of=_rule_of,
    conclude=by_arms(
        either(
            arms=("with the isolated expert", "with the dense student"),
            nothing="of the dense student no output passes",
            better="The isolated expert is the better student",
            worse="The dense student is the better one",
            open_="which is the better student",
        )
    ),
    gain="An expert that is truly better by {gain} is shown to be",
    note=lambda rule: NOTE,
    rule={
        **USUAL,
        "text": (
            "The isolated expert is the better student if the 95 % interval of the relative difference in loss to the "
            "dense one, over the same records and averaged over seeds, ends below zero; the dense one is better if it "
            "begins above zero; otherwise the result is undecided. If neither is better, at most 2.5 % of such "
            "studies call the one better, and 2.5 % the other. If the seeds of either differ by more than 20 "
            "% (unstable), the study cannot tell. Both are tuned on the same texts; losses are per byte."
        ),
        "comparisons": [[ISOLATED, DENSE]],
        "tolerance": 0.0,
        "gain": 0.05,
    },
    findings=("Whether experts isolated from a mixture teach better than a dense teacher's outputs is left open.",),
)
