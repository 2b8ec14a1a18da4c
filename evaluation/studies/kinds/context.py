"""A shorter context against a longer one."""

from __future__ import annotations

from typing import Final

from evaluation.studies.arm_sentences import enough
from evaluation.studies.design import StudyArm
from evaluation.studies.kinds.base import USUAL, Grid, Kind, against_largest, by_arms

# Tokens of the longer recipe, as in the paper; the shorter has half.
LONG_CONTEXT: Final = 16_384


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    longest = grid.own.context if grid.own else min(LONG_CONTEXT, grid.inputs.context_length or LONG_CONTEXT)
    sizes = (longest // 2, longest)
    return tuple(StudyArm(f"{size:,} tokens", grid.lora, changes=(("max_length", size),)) for size in sizes)


KIND = Kind(
    name="context",
    question="Does a shorter context lose anything?",
    axis="Context",
    arms=_arms,
    rule_of=against_largest,
    conclude=by_arms(enough("The shorter context", "with a context of ")),
    loses_nothing=("The shorter context", "enough"),
    rule={
        **USUAL,
        "text": (
            "The shorter context is enough if the 95 % interval of its relative difference in loss against the longer "
            "one, paired by record and averaged over seeds, ends below +2 %; it loses if the interval begins "
            "above +2 %; otherwise the result is undecided. Rows too long for a recipe are left out of it, "
            "never cut; each cell shows how many. So at most 2.5 % of such studies call a context enough "
            "that loses that much."
        ),
        "tolerance": 0.02,
    },
    findings=("A context of 8K lost nothing against 16K and more.",),
)
