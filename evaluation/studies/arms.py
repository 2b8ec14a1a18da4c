"""The verdicts of studies whose arms are compared in a registered order: filter, students, methods across sizes, context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from evaluation.states import SHARE_METRICS, StudyKind
from evaluation.studies import pareto, results
from evaluation.studies.number_wording import change, percent, ranged
from evaluation.studies.results import CellResult, Group
from stats.resampling.seed_bootstrap import Array, draws, interval

COSTS: Final = ("seconds", "peak_memory_gib", "trainable_parameters", "artefact_bytes")


@dataclass(frozen=True)
class ArmComparison:
    """One question of the order.

    Attributes:
        arm: What is asked about.
        against: What it is compared with.
        lost: Share of the other's quality that is lost; negative where some is won. None where it cannot be told.
        low, high: Ends of its interval.
        is_shown: Whether it is shown to be within the bound, and all before it were.
        is_asked: Whether all before it were shown.
        problem: Why it cannot be told; empty where it can.
        level: Of the interval.
    """

    arm: str
    against: str
    lost: float | None = None
    low: float | None = None
    high: float | None = None
    is_shown: bool = False
    is_asked: bool = True
    problem: str = ""
    level: float = 0.95


def conclude_filter(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """What the finished cells say of the human filter, under the rule that was registered.

    Args:
        cells: Finished ones.
        rule: `comparisons`, `tolerance`, `draws`, `seed`, `metric`, `unstable_above`.

    Returns:
        `sentence`, `findings`, `points` (one an arm) and `comparisons`, as plain data.
    """
    return _conclude(cells, rule, _filter_sentence)


def conclude_students(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of students: the smallest that is shown to lose little against the largest."""
    return _conclude(cells, rule, _students_sentence, fronts=True)


def conclude_methods_across(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of LoRA against full fine-tuning on several students."""
    return _conclude(cells, rule, _methods_sentence, fronts=True)


def conclude_context(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a shorter context against a longer one."""
    return _conclude(cells, rule, _context_sentence)


def conclude_cloning(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of imitation and logits: which of them a student learns more from."""
    return _conclude(cells, rule, _cloning_sentence)


def conclude_experts(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an expert isolated from a mixture and a dense student."""
    return _conclude(cells, rule, _experts_sentence)


def conclude_minutes(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """The same of arms that spend the same expert minutes."""
    return _conclude(cells, rule, _minutes_sentence, told_from=0)


CONCLUDE: Final[dict[str, Callable[[Sequence[CellResult], Mapping[str, Any]], dict[str, Any]]]] = {
    StudyKind.FILTER: conclude_filter,
    StudyKind.STUDENTS: conclude_students,
    StudyKind.METHODS: conclude_methods_across,
    StudyKind.CONTEXT: conclude_context,
    StudyKind.CLONING: conclude_cloning,
    StudyKind.EXPERTS: conclude_experts,
    StudyKind.MINUTES: conclude_minutes,
}
Sentence = Callable[[Sequence[ArmComparison], Mapping[str, Any]], str]


def _conclude(
    cells: Sequence[CellResult],
    rule: Mapping[str, Any],
    sentence: Sentence,
    *,
    fronts: bool = False,
    told_from: int = 1,
) -> dict[str, Any]:
    group_by_arm = results.groups(cells, lambda cell: cell.arm, rule["metric"])
    if not any(len(group.losses) > 1 for group in group_by_arm.values()):
        words = "The study cannot tell: no arm has two finished seeds, so the noise between runs is unknown."
        return {"sentence": words, "findings": [], "points": [], "comparisons": []}
    losses = [group.losses for group in group_by_arm.values()]
    drawn = draws(losses, count=rule["draws"], seed=rule["seed"], clusters=_companies(group_by_arm, rule))
    draws_by_arm = dict(zip(group_by_arm, drawn.T, strict=True))
    asked = _ask(group_by_arm, draws_by_arm, rule)
    points = [_point(group, draws_by_arm[name], rule) for name, group in group_by_arm.items()]
    return {
        "sentence": sentence(asked, rule),
        "findings": [_finding(one, rule) for one in asked[told_from:]],
        "points": points,
        "comparisons": [asdict(one) for one in asked],
        **({"fronts": pareto.fronts([point for point in points if not point["unstable"]])} if fronts else {}),
    }


def _companies(groups: Mapping[str, Group], rule: Mapping[str, Any]) -> list[int] | None:
    """The company of each record that is compared, where the rule draws by company."""
    companies = rule.get("companies")
    return [companies[record] for record in next(iter(groups.values())).records] if companies else None


def _ask(groups: Mapping[str, Group], drawn: Mapping[str, Array], rule: Mapping[str, Any]) -> list[ArmComparison]:
    """The comparisons in their order; the first that is not shown ends the asking, of its family where families are named."""
    asked, ended = [], set()
    level = rule.get("level", 0.95)
    for arm, against in rule["comparisons"]:
        family = rule.get("families", {}).get(arm, "")
        goes_on = family not in ended
        problem = next((_problem(name, groups, rule) for name in (arm, against) if _problem(name, groups, rule)), "")
        lost, low, high = (
            (None, None, None)
            if arm not in groups or against not in groups
            else _lost(groups[arm], groups[against], drawn[arm], drawn[against], rule)
        )
        is_shown = goes_on and not problem and high is not None and high < rule["tolerance"]
        asked.append(ArmComparison(arm, against, lost, low, high, is_shown, goes_on, problem, level))
        if not is_shown:
            ended.add(family)
    return asked


def _lost(
    arm: Group, against: Group, of_arm: Array, of_other: Array, rule: Mapping[str, Any]
) -> tuple[float | None, float | None, float | None]:
    """Share of the quality that is lost, with its interval; none where the other has no quality to lose."""
    lost = float(results.lost_share(np.array([arm.mean]), np.array([against.mean]), rule["metric"])[0])
    shares = results.lost_share(of_arm, of_other, rule["metric"])
    if not np.isfinite(lost) or not np.isfinite(shares).all():
        return None, None, None
    return lost, *interval(shares, rule.get("level", 0.95))


def _problem(name: str, groups: Mapping[str, Group], rule: Mapping[str, Any]) -> str:
    if name not in groups:
        return f"no cell of {name} has ended well"
    group = groups[name]
    return f"{name} is unstable: its {results.spread_words(group, rule)}" if group.is_unstable(rule) else ""


def _point(group: Group, drawn: Array, rule: Mapping[str, Any]) -> dict[str, Any]:
    low, high = interval(drawn)
    costs = {name: group.mean_cost(name) for name in COSTS}
    unstable = _problem(group.name, {group.name: group}, rule)
    return {
        "arm": group.name, "seeds": len(group.losses), "loss": group.mean, "low": low, "high": high,
        "unstable": unstable, "spread": group.spread(rule["metric"]), **costs,
    }  # fmt: skip


def _filter_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    first = asked[0]
    if first.lost is None or first.low is None or first.problem:
        return f"The study cannot tell: {first.problem or 'with unfiltered drafts no output passes'}."
    finding = f"with accepted and edited texts {_words(first, rule)} than with as many unfiltered drafts"
    if first.is_shown:
        return f"The human filter helps: {finding}{_range(first)}."
    if first.low > 0:
        return f"The human filter does harm: {finding}{_range(first)}."
    return f"The study has not told whether the human filter helps: {finding}{_range(first)}, and the interval reaches across zero."


def _cloning_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    first = asked[0]
    if first.lost is None or first.low is None or first.problem:
        return f"The study cannot tell: {first.problem or 'where texts are imitated no output is right'}."
    finding = f"with the teacher's logits {_words(first, rule)} than with the texts alone{_range(first)}"
    if first.is_shown:
        return f"Logits teach better: {finding}."
    if first.low > 0:
        return f"Texts teach better than logits: {finding}."
    return f"The study has not told whether logits teach better: {finding}, and the interval reaches across zero."


def _experts_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    first = asked[0]
    if first.lost is None or first.low is None or first.problem:
        return f"The study cannot tell: {first.problem or 'of the dense student no output passes'}."
    finding = f"with the isolated expert {_words(first, rule)} than with the dense student{_range(first)}"
    if first.is_shown:
        return f"The isolated expert is the better student: {finding}."
    if first.low > 0:
        return f"The dense student is the better one: {finding}."
    return f"The study has not told which is the better student: {finding}, and the interval reaches across zero."


def _minutes_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    of = f"of the same {rule['minutes']} expert minutes"
    compared = sorted(
        (one for one in asked if one.lost is not None and not one.problem), key=lambda one: one.lost or 0.0
    )
    if not compared:
        return f"The study cannot tell: {asked[0].problem or 'with SFT alone no output passes'}."
    best = compared[0]
    finding = f"{_words(best, rule)} than with SFT alone{_range(best)}"
    if best.is_shown:
        return f"{best.arm} makes more {of} than SFT alone: {finding}."
    if len(compared) == len(asked) and all((one.low or 0.0) > 0 for one in compared):
        return f"SFT alone makes the most {of}: with {best.arm}, which comes nearest, {finding}."
    return f"The study has not told that any arm makes more {of} than SFT alone: with {best.arm} {finding}."


def _students_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    allowed, largest = percent(rule["tolerance"]), asked[0].against
    shown = [one for one in asked if one.is_shown]
    if shown:
        return f"{shown[-1].arm} is the smallest that holds: {_words(shown[-1], rule)} than with {largest}{_range(shown[-1])}, less than the {allowed} that was allowed."
    first = asked[0]
    if first.problem or first.lost is None:
        return f"The study cannot tell: {first.problem or f'with {largest} no output passes'}."
    if rule.get("families"):
        return f"No student smaller than {largest} is shown to hold in any family: with {first.arm} {_words(first, rule)}{_range(first)}."
    return f"No student smaller than {largest} is shown to hold: with {first.arm} {_words(first, rule)}{_range(first)}."


def _methods_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    allowed = percent(rule["tolerance"])
    shown, first = [one for one in asked if one.is_shown], asked[0]
    if len(shown) == len(asked):
        worst = max(shown, key=lambda one: one.high or 0.0)
        return f"LoRA is as good as full fine-tuning on all {len(asked)} students: at most ({worst.arm}) {_words(worst, rule)}{_range(worst)}, within the {allowed} that was allowed."
    if shown:
        last, next_one = shown[-1], asked[len(shown)]
        ended = next_one.problem or f"with {next_one.arm} it is not shown"
        return f"LoRA is as good as full fine-tuning on the larger students down to {last.arm}: {_words(last, rule)}{_range(last)}; {ended}."
    if first.problem or first.lost is None or first.low is None:
        return f"The study cannot tell: {first.problem or 'with full fine-tuning no output passes'}."
    told = "LoRA is worse on the largest student" if first.low > rule["tolerance"] else "The study has not told"
    return f"{told}: with {first.arm} {_words(first, rule)} than with full fine-tuning{_range(first)}; {allowed} was allowed."


def _context_sentence(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    allowed, first = percent(rule["tolerance"]), asked[0]
    if first.problem or first.lost is None or first.low is None:
        return f"The study cannot tell: {first.problem or f'with {first.against} no output passes'}."
    finding = f"with a context of {first.arm} {_words(first, rule)} than with {first.against}{_range(first)}"
    if first.is_shown:
        return f"The shorter context is enough: {finding}, within the {allowed} that was allowed."
    if first.low > rule["tolerance"]:
        return f"The shorter context loses: {finding}, beyond the {allowed} that was allowed."
    return f"The study has not told: {finding}; the interval reaches across the {allowed} that was allowed."


def _finding(one: ArmComparison, rule: Mapping[str, Any]) -> str:
    head = f"{one.arm} against {one.against}"
    if one.lost is None or one.problem:
        return f"{head}: cannot be told, {one.problem or 'for no output passes'}."
    told = "shown" if one.is_shown else "not shown" if one.is_asked else "not asked, for what came before was not shown"
    return f"{head}: {_words(one, rule)}{_range(one)}; {told}."


def _words(one: ArmComparison, rule: Mapping[str, Any]) -> str:
    lost = one.lost or 0.0
    if rule["metric"] in SHARE_METRICS:
        return f"{SHARE_METRICS[rule['metric']]} is {change(-lost)}"
    return f"the loss is {change(lost)}"


def _range(one: ArmComparison) -> str:
    return "" if one.low is None or one.high is None else f" (lost: {ranged(one.low, one.high, one.level)})"
