"""Encoder–decoder against a decoder of like size."""

from __future__ import annotations

from evaluation.studies.arm_sentences import either
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, alike, by_arms
from training.recipes.schema import ENCODER_DECODERS

ENCODER_DECODER, DECODER = "Encoder–decoder", "Decoder"


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    families = grid.inputs.families
    names = {slug: ENCODER_DECODER if families.get(slug) in ENCODER_DECODERS else DECODER for slug in families}
    return tuple(StudyArm(names[slug], grid.lora_of(slug), student=slug) for slug in grid.inputs.students)


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    if sorted(arm.name for arm in design.arms) == [DECODER, ENCODER_DECODER]:
        return {}
    return {"students": ["Name one encoder–decoder, such as BART, and one decoder about as large."]}


KIND = Kind(
    name="shapes",
    question="Is an encoder–decoder a better student than a decoder of its size?",
    axis="Student",
    arms=_arms,
    order_students=alike,
    errors=_errors,
    conclude=by_arms(
        either(
            arms=("with the encoder–decoder", "with the decoder"),
            nothing="of the decoder no output passes",
            better="The encoder–decoder is the better student",
            worse="The decoder is the better student",
            open_="which is the better student",
        )
    ),
    gain="An encoder–decoder that is truly better by {gain} is shown to be",
    rule={
        **USUAL,
        "text": (
            "The encoder–decoder is the better student if the 95 % interval of the relative difference in loss to the "
            "decoder, over the same records and averaged over seeds, ends below zero; the decoder is better if it "
            "begins above zero; otherwise the result is undecided. If neither is better, at most 2.5 % of "
            "such studies call the one better, and 2.5 % the other. If the seeds of either differ by more "
            "than 20 % (unstable), the study cannot tell. Both are tuned on the same texts; losses are per byte, so "
            "that students with different tokenizers can be compared."
        ),
        "comparisons": [[ENCODER_DECODER, DECODER]],
        "tolerance": 0.0,
        "gain": 0.05,
    },
    findings=("Tunes decoders alone; whether encoder–decoders serve as well is left open.",),
)
