"""LoRA against full fine-tuning, on one student or on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from evaluation.states import SHARE_METRICS
from evaluation.studies import arms, reported, results
from evaluation.studies.arm_sentences import ArmComparison, cannot_tell, within, words
from evaluation.studies.arms import COSTS
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import USUAL, Grid, Kind, Rule, by_size
from evaluation.studies.number_wording import change, percent, ranged
from evaluation.studies.results import CellResult, Group
from stats.intervals import means
from stats.resampling.seed_bootstrap import draws, interval

LORA, FULL = "LoRA", "Full"


def conclude_methods(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict on the finished cells under the registered rule.

    Args:
        cells: Finished cells of both arms, at one size.
        rule: `margin`, `draws`, `seed`, `metric`, and in newer registrations `unstable_above`; `is_of_share` where the
            loss is the fall of a share.

    Returns:
        `sentence`, `findings`, `points` (one for each arm), `difference` and `costs`, as plain data.
    """
    arms = results.groups(cells, lambda cell: cell.arm, rule["metric"])
    if LORA not in arms or FULL not in arms:
        absent = " and ".join(name for name in (LORA, FULL) if name not in arms)
        return _inconclusive(f"The study cannot tell: {absent} has no cell that ended well.")
    lora, full = arms[LORA], arms[FULL]
    if len(lora.losses) < 2 and len(full.losses) < 2:
        return _inconclusive(
            "The study cannot tell: no arm has two finished seeds, so the noise between runs is unknown."
        )
    if unknown := results.unknown_noise(arms, rule):
        return _inconclusive(f"The study cannot tell: {unknown}.")
    of = _quality(full, rule)
    if of <= 0:
        nothing = "no output passes" if rule.get("is_of_share") else "the loss is zero"
        return _inconclusive(f"Undecided: with full fine-tuning {nothing}, so no relative difference exists.")
    companies = results.companies_of(lora, rule)
    drawn = draws([lora.losses, full.losses], count=rule["draws"], seed=rule["seed"], clusters=companies)
    low, high = interval((drawn[:, 0] - drawn[:, 1]) / of)
    difference = {
        "value": (lora.mean - full.mean) / of,
        "low": low,
        "high": high,
        **_over_records(lora, full, rule),
    }
    points = [_point(group, drawn[:, index]) for index, group in enumerate((lora, full))]
    unstable = [
        f"{group.name} is unstable: its {results.spread_words(group, rule)}"
        for group in (lora, full)
        if group.is_unstable(rule)
    ]
    return {
        "sentence": _sentence(difference, rule, unstable),
        "findings": [],
        "points": points,
        "difference": difference,
        "costs": [_cost(name, lora, full) for name in COSTS],
    }


def _quality(full: Group, rule: Rule) -> float:
    """Return what a difference is a share of: the loss of full fine-tuning, or its share of good outputs."""
    return 1 - full.mean if rule.get("is_of_share") else full.mean


def _over_records(lora: Group, full: Group, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Bootstrap the difference over records with fixed seeds, as in evaluations."""
    names = [f"{index:06}" for index in range(len(lora.records))]
    of_each = (group.losses.mean(axis=0) / _quality(full, rule) for group in (lora, full))
    ones, others = (dict(zip(names, losses, strict=True)) for losses in of_each)
    companies = dict(zip(names, map(str, results.companies_of(lora, rule) or names), strict=True))
    estimate = means.difference(ones, others, companies, draws=rule["draws"], seed=rule["seed"])
    return {"records_low": estimate.low if estimate else None, "records_high": estimate.high if estimate else None}


def _point(group: Group, drawn: np.ndarray[Any, Any]) -> dict[str, Any]:
    low, high = interval(drawn)
    means = {name: group.mean_cost(name) for name in COSTS}
    return {"arm": group.name, "seeds": len(group.losses), "loss": group.mean, "low": low, "high": high, **means}


def _cost(name: str, lora: Group, full: Group) -> dict[str, Any]:
    lora_mean, full_mean = lora.mean_cost(name), full.mean_cost(name)
    return {
        "name": name,
        "lora": lora_mean,
        "full": full_mean,
        "ratio": full_mean / lora_mean if lora_mean and full_mean is not None else None,
        "reported": reported.RATIOS.get(name),
    }


def _sentence(difference: Mapping[str, float], rule: Rule, unstable: Sequence[str]) -> str:
    if unstable:
        return f"The study cannot tell: {'; '.join(unstable)}."
    low, high = difference["low"], difference["high"]
    finding = f"its loss is {change(difference['value'])} than that of full fine-tuning ({ranged(low, high)})"
    if rule.get("is_of_share"):
        share, lost = SHARE_METRICS[rule["metric"]], ranged(low, high)
        finding = f"{share} is {change(-difference['value'])} than with full fine-tuning (lost: {lost})"
    words_of = {"better": "LoRA is better", "good": "LoRA is as good as full fine-tuning", "bad": "LoRA is worse"}
    return within(finding, low, high, rule["margin"], **words_of)


def _across_sizes(comparisons: Sequence[ArmComparison], rule: Rule) -> str:
    allowed, first = percent(rule["tolerance"]), comparisons[0]
    shown = [each for each in comparisons if each.is_shown]
    if len(shown) == len(comparisons):
        worst = max(shown, key=lambda each: each.high or 0.0)
        return (
            f"LoRA is as good as full fine-tuning on all {len(comparisons)} students: at most ({worst.arm}) "
            f"{words(worst, rule)}, within the {allowed} that was allowed."
        )
    if shown:
        last, following = shown[-1], comparisons[len(shown)]
        ended = following.problem or f"with {following.arm} it is not shown"
        return (
            f"LoRA is as good as full fine-tuning on the larger students down to {last.arm}: "
            f"{words(last, rule)}; {ended}."
        )
    if first.low is None or first.problem:
        return cannot_tell(first, "with full fine-tuning no output passes")
    result = "LoRA is worse on the largest student" if first.low > rule["tolerance"] else "Undecided"
    difference = words(first, rule, than="with full fine-tuning")
    return f"{result}: with {first.arm} {difference}; {allowed} was allowed."


def _inconclusive(sentence: str) -> dict[str, Any]:
    return {"sentence": sentence, "findings": [], "points": [], "difference": None, "costs": []}


ACROSS_SIZES: Final = (
    "We test students from the largest downwards: LoRA is as good as full fine-tuning if the 95 % interval of its "
    "relative difference in loss ends below +2 %. We stop at the first student where it does not, or where the seeds "
    "of an arm differ by more than 20 % (unstable). So at most 2.5 % of such studies call LoRA as good when it "
    "loses that much. The Pareto fronts (no arm has both less loss and less cost) use means; they are shown, "
    "not tested."
)


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    recipes, own = grid.request.recipes, grid.own
    if len(grid.inputs.students) > 1:
        return tuple(arm for slug in grid.inputs.students for arm in _both(slug, grid))
    return StudyArm("LoRA", grid.lora), StudyArm("Full", recipes.get("full") or (own.full if own else "paper-full"))


def _both(slug: str, grid: Grid) -> tuple[StudyArm, StudyArm]:
    shipped = grid.inputs.shipped
    full = grid.request.recipes.get("full") or (shipped[slug].full if slug in shipped else "") or "paper-full"
    lora = StudyArm(f"{slug}, LoRA", grid.lora_of(slug), student=slug)
    return lora, StudyArm(f"{slug}, full", full, student=slug)


def _rule_of(design: StudyDesign) -> Rule:
    if len(design.arms) <= 2:
        return {"is_of_share": True} if design.metric in SHARE_METRICS else {}
    pairs = zip(design.arms[::2], design.arms[1::2], strict=True)
    comparisons = [[lora.name, full.name] for lora, full in reversed(list(pairs))]
    return {"comparisons": comparisons, "text": ACROSS_SIZES, "tolerance": KIND.rule["margin"]}


def _conclude(cells: Sequence[CellResult], rule: Rule, record: Mapping[str, Any]) -> dict[str, Any]:
    if "comparisons" not in rule:
        return conclude_methods(cells, rule)
    return arms.conclude(cells, rule, _across_sizes, fronts=True)


def _lora_arms(record: Mapping[str, Any]) -> set[str]:
    """Return the LoRA arms, with which the paper compares sizes; none with one student."""
    return {lora for lora, _ in record["decision_rule"].get("comparisons", [])}


KIND = Kind(
    name="methods",
    question="Is LoRA as good as full fine-tuning for this task?",
    axis="Method",
    arms=_arms,
    order_students=by_size,
    tunes_one_too=True,
    rule_of=_rule_of,
    conclude=_conclude,
    sized_arms=_lora_arms,
    loses_nothing=("LoRA", "as good"),
    beyond="; it finds LoRA worse from a true loss of {worse} on",
    rule={
        **USUAL,
        "text": (
            "LoRA is as good as full fine-tuning if the 95 % interval of its relative difference in loss, paired by "
            "record and averaged over seeds, ends below +2 %; better if it ends below zero; worse if it begins above "
            "+2 %; otherwise the result is undecided. If the seeds of either differ by more than 20 % (unstable), the "
            "study cannot tell."
        ),
        "margin": 0.02,
    },
    findings=(
        "LoRA comes within 0.2 to 0.3 points of full fine-tuning in response rate.",
        "LoRA tunes about 1 % of the parameters and is about 10 times cheaper and 3 to 5 times faster.",
        "Full fine-tuning takes 10 to 50 times the compute.",
    ),
)
