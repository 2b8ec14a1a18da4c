"""Comparisons of arms in words: the sentences that several kinds of study share, and the line on each question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.states import SHARE_METRICS
from evaluation.studies.number_wording import change, percent, ranged


@dataclass(frozen=True)
class ArmComparison:
    """Comparison of two arms, in the registered order.

    Attributes:
        lost: Share of the other arm's quality that is lost; negative for a gain, None where it is unknown.
        is_shown: Whether the loss is shown to be within the bound, as in all comparisons before.
        is_asked: Whether all comparisons before were shown.
        problem: Reason why the loss is unknown; empty where it is known.
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


Sentence = Callable[[Sequence[ArmComparison], Mapping[str, Any]], str]


def either(*, arms: tuple[str, str], nothing: str, better: str, worse: str, open_: str) -> Sentence:
    """Return the sentence of a kind that asks which of two arms is better; worded by its first comparison.

    Args:
        arms: Both arms inside a sentence.
        nothing: Reason why the loss is unknown where the other arm has no quality to lose.
    """

    def sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
        comparison = comparisons[0]
        if comparison.low is None or comparison.problem:
            return cannot_tell(comparison, nothing)
        difference = f"{arms[0]} {words(comparison, rule, than=arms[1])}"
        if comparison.is_shown:
            return f"{better}: {difference}."
        if comparison.low > 0:
            return f"{worse}: {difference}."
        return f"The study does not show {open_}: {difference}, and the interval includes zero."

    return sentence


def enough(subject: str, with_: str) -> Sentence:
    """Return the sentence of a kind that asks whether an arm that takes less loses anything."""

    def sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
        first = comparisons[0]
        if first.low is None or first.high is None or first.problem:
            return cannot_tell(first, f"with {first.against} no output passes")
        finding = f"{with_}{first.arm} {words(first, rule, than=f'with {first.against}')}"
        bounds = first.low, first.high, rule["tolerance"]
        return within(finding, *bounds, good=f"{subject} is enough", bad=f"{subject} loses")

    return sentence


def within(finding: str, low: float, high: float, allowed: float, *, good: str, bad: str, better: str = "") -> str:
    """Word a loss against the one that was allowed; a gain is `better`, or merely `good` where that is empty."""
    limit = f"the {percent(allowed)} that was allowed"
    if better and high < 0:
        return f"{better}: {finding}."
    if high < allowed:
        return f"{good}: {finding}, within {limit}."
    if low > allowed:
        return f"{bad}: {finding}, beyond {limit}."
    return f"Undecided: {finding}; the interval includes {limit}."


def cannot_tell(comparison: ArmComparison, nothing: str) -> str:
    """Word a comparison whose loss is unknown, by `nothing` where there is no quality to lose."""
    return f"The study cannot tell: {comparison.problem or nothing}."


def finding(comparison: ArmComparison, rule: Mapping[str, Any]) -> str:
    """Word one comparison as a line of a verdict."""
    if not is_told(comparison):
        return f"{compared(comparison, rule)}."
    result = (
        "shown"
        if comparison.is_shown
        else "not shown"
        if comparison.is_asked
        else "not tested, because the comparison before was not shown"
    )
    return f"{compared(comparison, rule)}; {result}."


def is_told(comparison: ArmComparison) -> bool:
    return comparison.lost is not None and not comparison.problem


def compared(comparison: ArmComparison, rule: Mapping[str, Any]) -> str:
    """Word the difference of two arms with its interval, or the reason why it is unknown."""
    head = f"{comparison.arm} against {comparison.against}"
    if not is_told(comparison):
        return f"{head}: undecided, {comparison.problem or 'because no output passes'}"
    return f"{head}: {words(comparison, rule)}"


def words(comparison: ArmComparison, rule: Mapping[str, Any], *, than: str = "") -> str:
    """Word the difference of two arms with its interval, where it has one."""
    lost, metric = comparison.lost or 0.0, rule["metric"]
    difference = (
        f"{SHARE_METRICS[metric]} is {change(-lost)}" if metric in SHARE_METRICS else f"the loss is {change(lost)}"
    )
    bounds = (
        ""
        if comparison.low is None or comparison.high is None
        else f" (lost: {ranged(comparison.low, comparison.high, comparison.level)})"
    )
    return f"{difference}{f' than {than}' if than else ''}{bounds}"
