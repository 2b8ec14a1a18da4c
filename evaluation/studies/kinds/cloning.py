"""Imitating a teacher's texts against learning its logits."""

from __future__ import annotations

from evaluation.states import StudyMetric
from evaluation.studies import cloning_inputs
from evaluation.studies.arm_sentences import either
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, by_arms

# The last where a request names a version without the reasoning.
IMITATES, LOGITS, ANSWER_ALONE = "Imitates the texts", "Learns the logits", "Imitates the answers alone"


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    lora, request = grid.lora, grid.request
    alone = (StudyArm(ANSWER_ALONE, lora, answer_alone=True),) if request.answers_version else ()
    return StudyArm(LOGITS, lora, teacher=request.teacher), StudyArm(IMITATES, lora), *alone


def _rule_of(design: StudyDesign) -> Rule:
    names = {arm.name for arm in design.arms}
    return {"comparisons": [pair for pair in KIND.rule["comparisons"] if names.issuperset(pair)]}


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    errors: Errors = {}
    if not any(arm.teacher for arm in design.arms):
        errors["teacher"] = ["Name the student whose logits are learnt: a larger one with the same tokenizer."]
    if design.metric == StudyMetric.NLL and any(arm.answer_alone for arm in design.arms):
        errors["metric"] = [
            "Texts with reasoning and without cannot be compared by their loss: score by values that are right."
        ]
    return errors


KIND = Kind(
    name="cloning",
    question="Does a student learn more from a teacher's logits than from texts?",
    axis="Learns from",
    arms=_arms,
    cloning=cloning_inputs.read,
    errors=_errors,
    rule_of=_rule_of,
    conclude=by_arms(
        either(
            arms=("with the teacher's logits", "with the texts alone"),
            nothing="where texts are imitated no output is right",
            better="Logits teach better",
            worse="Texts teach better than logits",
            open_="whether logits teach better",
        )
    ),
    gain="Logits whose students are truly better by {gain} are shown to teach better",
    rule={
        **USUAL,
        "text": (
            "Tested in this order: does the student that learns the teacher's logits lose less than the one that "
            "imitates the texts of the same rows (the 95 % interval of the relative difference, over the same records "
            "and averaged over seeds, ends below zero)? If both are tuned, does imitating reasoning and answer "
            "lose less than imitating the answers alone? We stop at the first comparison that is not shown, "
            "or whose seeds differ by more than 20 % (of a share, 20 points: unstable). So at most 2.5 % "
            "of such studies report a gain that does not exist. If the first interval begins above zero, we say that "
            "texts teach better, which is wrong in at most another 2.5 %."
        ),
        "comparisons": [[LOGITS, IMITATES], [IMITATES, ANSWER_ALONE]],
        "tolerance": 0.0,
        "gain": 0.05,
    },
    findings=(
        "Students learn from a teacher's texts, never its logits, so that a closed API can teach.",
        "Whether the logits of an open-weight teacher teach more, and on multi-step reasoning, is left open.",
    ),
)
