"""Expert isolated from a mixture, against a dense student of like size, a control and the tuned mixture itself."""

from __future__ import annotations

from typing import Final

from evaluation.studies.arm_sentences import either
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, alike, by_arms
from training.models import Student
from training.runs.isolating import MIXTURES

# The control is the expert that the router uses least.
ISOLATED, DENSE, LEAST_USED = "Isolated expert", "Dense student", "Least used expert"
MIXTURE: Final = "Whole mixture"

NOTE: Final = (
    "Taking experts out of a mixture was shown on tiny models made from a config, which know no language: "
    "nothing is known yet of real mixtures."
)
OF_CONTROL: Final = (
    "Once it is shown to be better, it is compared in the same way with the expert that the router uses least, "
    "the control."
)
OF_MIXTURE: Final = (
    "Once all of this is shown, the whole mixture, tuned in the same way, is compared with the isolated expert; it is "
    "larger, so a gain is what its size is worth."
)


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    whole = [slug for slug in grid.inputs.students if grid.inputs.families.get(slug) in MIXTURES]
    experts = [slug for slug in reversed(grid.inputs.students) if slug not in whole]
    pairs = [*zip((ISOLATED, DENSE, LEAST_USED), experts, strict=False), *((MIXTURE, slug) for slug in whole)]
    return tuple(StudyArm(name, grid.lora, student=slug) for name, slug in reversed(pairs))


def _rule_of(design: StudyDesign) -> Rule:
    names = {arm.name for arm in design.arms}
    further = {LEAST_USED: ([ISOLATED, LEAST_USED], OF_CONTROL), MIXTURE: ([MIXTURE, ISOLATED], OF_MIXTURE)}
    comparisons, texts = [*KIND.rule["comparisons"]], [KIND.rule["text"]]
    for comparison, text in (further[name] for name in further if name in names):
        comparisons.append(comparison)
        texts.append(text)
    return {"comparisons": comparisons, "text": " ".join(texts)}


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    arms = {arm.name: arm.student for arm in design.arms}
    # The study's own student is the last.
    if len(arms) == len(grid.inputs.students) and DENSE in arms and arms[ISOLATED] == grid.inputs.students[-1]:
        return {}
    return {
        "students": [
            "Name one dense student beside the isolated expert, about as large; then a control and the whole mixture, "
            "if you like."
        ]
    }


def _order(students: list[Student]) -> list[Student]:
    """Put mixtures first, of any size, and the study's own student last.

    Raises:
        Refusal: 400, the others are over a quarter apart in size.
    """
    whole = [each for each in students[1:] if each.model_type in MIXTURES]
    return [*whole, *alike([each for each in students if each not in whole])]


KIND = Kind(
    name="experts",
    question="Is an expert of a mixture a better student than a dense model?",
    axis="Student",
    arms=_arms,
    order_students=_order,
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
