"""Human filter: accepted and edited texts against unjudged or unfiltered drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluation.studies.arm_sentences import ArmComparison, either
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Grid, Kind, Rule, by_arms
from training.states import SampleOf

# Arms: of one size, and all that was written; the raw one, of the same size, on request.
EDITED, ACCEPTED, UNFILTERED = "Accepted and edited", "Accepted", "Unfiltered"
LONGEST, EVERY, RAW = "Longest", "Everything written", "Raw"

FILTER_RULE: Final = (
    "Tested in this order: is the loss with accepted and edited texts below that with {first}as many unfiltered "
    "drafts (the 95 % interval of the relative difference, over the same records and averaged over seeds, ends "
    "below zero)? Is {that} with accepted drafts? Are accepted and edited texts better than as many of the "
    "longest drafts, and than all drafts? We stop at the first comparison that is not shown, or whose "
    "seeds differ by more than 20 % (unstable). So at most 2.5 % of such studies report a gain that does not exist."
)
# For a grid with a raw arm. Unfiltered drafts were judged, and count regardless of the verdict.
FIRST_RAW: Final = {
    "first": "as many raw drafts, which no one read, and then below that with ",
    "that": "it below that with unfiltered drafts",
}


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    lora, records = grid.lora, grid.inputs.records
    raw = (StudyArm(RAW, lora, of=SampleOf.RAW, one_each=True),) if SampleOf.RAW in records else ()
    return (
        StudyArm(EDITED, lora, one_each=True),
        StudyArm(ACCEPTED, lora, of=SampleOf.ACCEPTED, one_each=True),
        StudyArm(UNFILTERED, lora, of=SampleOf.WRITTEN, one_each=True),
        StudyArm(LONGEST, lora, of=SampleOf.LONGEST),
        StudyArm(EVERY, lora, of=SampleOf.WRITTEN, records=records.get(SampleOf.WRITTEN)),
        *raw,
    )


def _rule_of(design: StudyDesign) -> Rule:
    if RAW not in {arm.name for arm in design.arms}:
        return {}
    return {
        "text": FILTER_RULE.format(**FIRST_RAW),
        "comparisons": [[EDITED, RAW], *KIND.rule["comparisons"]],
    }


def _sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word whether the human filter helps: against raw drafts, where the study has such an arm."""
    is_raw = comparisons[0].against == RAW
    others, clause = ("raw", ", which no one read") if is_raw else ("unfiltered", "")
    return either(
        arms=("with accepted and edited texts", f"with as many {others} drafts{clause}"),
        nothing=f"with {others} drafts no output passes",
        better="The human filter helps",
        worse="The human filter does harm",
        open_="whether the human filter helps",
    )(comparisons, rule)


KIND = Kind(
    name="filter",
    question="Does the human filter make a better student?",
    axis="Texts",
    arms=_arms,
    needs_rejected="what the human filter keeps out cannot be tuned on",
    takes_raw=True,
    rule_of=_rule_of,
    conclude=by_arms(_sentence),
    gain="A filter whose students are truly better by {gain} is shown to help",
    rule={
        **USUAL,
        "text": FILTER_RULE.format(first="", that="that"),
        "comparisons": [[EDITED, UNFILTERED], [ACCEPTED, UNFILTERED], [EDITED, LONGEST], [EDITED, EVERY]],
        "tolerance": 0.0,
        "gain": 0.05,
    },
    findings=(
        "Experts accept, edit or reject each draft before a student is tuned on it.",
        "Whether that makes a better student than unfiltered drafts is left open.",
    ),
)
