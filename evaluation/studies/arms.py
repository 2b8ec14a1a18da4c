"""Verdicts of studies that compare arms in a registered order: filter, students, methods across sizes, context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from evaluation.studies import arm_sentences, results
from evaluation.studies.arm_sentences import ArmComparison, Sentence
from evaluation.studies.results import CellResult, Group
from stats.resampling.seed_bootstrap import Array, draws, interval

COSTS: Final = ("seconds", "peak_memory_gib", "trainable_parameters", "artefact_bytes")
# Costs that have a front, with their labels on pages.
FRONT_COSTS: Final = {
    "seconds": "seconds of a run",
    "peak_memory_gib": "peak memory, GiB",
    "artefact_bytes": "bytes of what it leaves",
}


def conclude(
    cells: Sequence[CellResult],
    rule: Mapping[str, Any],
    sentence: Sentence,
    *,
    fronts: bool = False,
    told_from: int = 1,
) -> dict[str, Any]:
    """Return the verdict on the finished cells under the registered rule.

    Args:
        rule: `comparisons`, `tolerance`, `draws`, `seed`, `metric`, `unstable_above`.
        sentence: Function that words the comparisons, by kind of study.
        fronts: Whether arms are compared by cost too.
        told_from: Index of the first comparison with a line of its own.

    Returns:
        `sentence`, `findings`, `points` (one for each arm) and `comparisons`, as plain data.
    """
    group_by_arm, draws_by_arm = _draw(cells, rule)
    if not draws_by_arm:
        words = "The study cannot tell: no arm has two finished seeds, so the noise between runs is unknown."
        return {"sentence": words, "findings": [], "points": [], "comparisons": []}
    comparisons = _ask(group_by_arm, draws_by_arm, rule)
    points = [_point(group, draws_by_arm[name], rule) for name, group in group_by_arm.items()]
    return {
        "sentence": sentence(comparisons, rule),
        "findings": [arm_sentences.finding(each, rule) for each in comparisons[told_from:]],
        "points": points,
        "comparisons": [asdict(each) for each in comparisons],
        **({"fronts": pareto_fronts([point for point in points if not point["unstable"]])} if fronts else {}),
    }


def compare(
    cells: Sequence[CellResult], rule: Mapping[str, Any], pairs: Sequence[tuple[str, str]]
) -> list[ArmComparison]:
    """Compare pairs of arms one by one, without a registered order."""
    groups, drawn = _draw(cells, rule)
    alone = [{**rule, "comparisons": [pair], "families": {}} for pair in pairs]
    return [_ask(groups, drawn, each)[0] for each in alone] if drawn else []


def _draw(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> tuple[dict[str, Group], dict[str, Array]]:
    """Return cells by arm, and draws of each arm's mean; no draws where no arm has two seeds."""
    groups = results.groups(cells, lambda cell: cell.arm, rule["metric"])
    if not any(len(group.losses) > 1 for group in groups.values()):
        return groups, {}
    losses = [group.losses for group in groups.values()]
    seedless = [place for place, name in enumerate(groups) if name in rule.get("fixed", ())]
    companies = results.companies_of(next(iter(groups.values())), rule)
    drawn = draws(losses, count=rule["draws"], seed=rule["seed"], clusters=companies, seedless=seedless)
    return groups, dict(zip(groups, drawn.T, strict=True))


def _ask(groups: Mapping[str, Group], drawn: Mapping[str, Array], rule: Mapping[str, Any]) -> list[ArmComparison]:
    """Compare in order; the first comparison that is not shown ends the sequence, or that of its family."""
    comparisons, ended = [], set()
    level, unknown = rule.get("level", 0.95), results.unknown_noise(groups, rule)
    for arm, against in rule["comparisons"]:
        family = rule.get("families", {}).get(arm, "")
        goes_on = family not in ended
        problems = (_problem(arm, groups, rule), _problem(against, groups, rule), unknown)
        problem = next((each for each in problems if each), "")
        lost, low, high = (
            (None, None, None)
            if arm not in groups or against not in groups
            else results.lost_share(groups[arm], groups[against], (drawn[arm], drawn[against]), rule)
        )
        is_shown = goes_on and not problem and high is not None and high < rule["tolerance"]
        comparisons.append(ArmComparison(arm, against, lost, low, high, is_shown, goes_on, problem, level))
        if not is_shown:
            ended.add(family)
    return comparisons


def _problem(name: str, groups: Mapping[str, Group], rule: Mapping[str, Any]) -> str:
    if name not in groups:
        return f"no cell of {name} is finished"
    group = groups[name]
    return f"{name} is unstable: its {results.spread_words(group, rule)}" if group.is_unstable(rule) else ""


def _point(group: Group, drawn: Array, rule: Mapping[str, Any]) -> dict[str, Any]:
    low, high = interval(drawn)
    costs = {name: group.mean_cost(name) for name in COSTS}
    unstable = _problem(group.name, {group.name: group}, rule)
    return {
        "arm": group.name,
        "seeds": len(group.losses),
        "loss": group.mean,
        "low": low,
        "high": high,
        "unstable": unstable,
        "spread": group.spread(rule["metric"]),
        **costs,
    }


def pareto_fronts(points: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the front of each cost: the arms that no other arm beats in loss or cost without being worse in the other.

    Args:
        points: `arm`, `loss` and costs of each arm; an arm without a cost is not on its front.

    Returns:
        Names of arms by cost, the cheapest first; a cost that no arm has is left out.
    """
    by_cost = {}
    for cost in FRONT_COSTS:
        priced = sorted((point[cost], point["loss"], point["arm"]) for point in points if point[cost] is not None)
        front = [
            name
            for spent, loss, name in priced
            if not any(
                other_spent <= spent and other <= loss and (other_spent, other) != (spent, loss)
                for other_spent, other, _ in priced
            )
        ]
        if front:
            by_cost[cost] = front
    return by_cost
