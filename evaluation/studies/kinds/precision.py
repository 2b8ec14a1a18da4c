"""Half precision against full: bf16 beside fp32, with all else equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluation.studies import arms
from evaluation.studies.arm_sentences import enough
from evaluation.studies.design import StudyArm
from evaluation.studies.kinds.base import USUAL, Grid, Kind, Rule
from evaluation.studies.number_wording import percent
from evaluation.studies.results import CellResult
from web.templatetags.figures import fixed

HALF, FULL = "bf16", "fp32"
TF32: Final = "On a GPU, fp32 multiplies in TF32 where the device has it; the run's environment says so."


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    return tuple(StudyArm(dtype, grid.lora, changes=(("dtype", dtype),)) for dtype in (HALF, FULL))


def _conclude(cells: Sequence[CellResult], rule: Rule, record: Mapping[str, Any]) -> dict[str, Any]:
    verdict = arms.conclude(cells, rule, enough("Half precision", "with "))
    savings = savings_of(verdict["points"])
    return {**verdict, "findings": [*verdict["findings"], *([savings] if savings else [])]}


def savings_of(points: Sequence[Mapping[str, Any]]) -> str:
    """Return what half precision takes of the memory and of the time of full; empty where neither was measured."""
    costs = {point["arm"]: point for point in points}
    half, full, words = costs.get(HALF, {}), costs.get(FULL, {}), []
    if half.get("peak_memory_gib") and full.get("peak_memory_gib"):
        words.append(f"{percent(half['peak_memory_gib'] / full['peak_memory_gib'])} of the peak memory")
    if half.get("seconds") and full.get("seconds"):
        words.append(f"{fixed(full['seconds'] / half['seconds'], 2)} times as fast")
    return f"Half precision takes {', and is '.join(words)}." if len(words) == 2 else ""


KIND = Kind(
    name="precision",
    question="Does half precision lose anything?",
    axis="Precision",
    arms=_arms,
    conclude=_conclude,
    loses_nothing=("Half precision", "enough"),
    note=lambda rule: TF32,
    rule={
        **USUAL,
        "text": (
            "Half precision is enough if the 95 % interval of its relative difference in loss against fp32, paired by "
            "record and averaged over seeds, ends below +2 %; it loses if the interval begins above +2 %; "
            "otherwise the result is undecided. Memory and time are shown, not tested. So at most 2.5 % of "
            "such studies call half precision enough when it loses that much."
        ),
        "comparisons": [[HALF, FULL]],
        "tolerance": 0.02,
    },
    findings=("Mixed precision takes about half of the memory and is 1.5 to 2 times as fast.",),
)
