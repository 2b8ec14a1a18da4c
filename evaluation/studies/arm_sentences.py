"""Comparisons of arms in words: the sentence of each kind of study, and the line on each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.states import SHARE_METRICS
from evaluation.studies.design import BY_RULES, ONE_ANSWER, RAW
from evaluation.studies.number_wording import change, percent, ranged

# Adjective and clause for the drafts that the human filter is compared with, by whether they are raw.
_UNFILTERED: Final = {False: ("unfiltered", ""), True: ("raw", ", which no one read")}

# Names of the arms that a miniature is compared with, inside a sentence.
_CALLED: Final = {BY_RULES: "the rules", ONE_ANSWER: "one answer to all claims"}


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


def of_filter(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word whether the human filter helps: against raw drafts, where the study has such an arm."""
    others, clause = _UNFILTERED[comparisons[0].against == RAW]
    return _either(
        comparisons[0],
        rule,
        arms=("with accepted and edited texts", f"with as many {others} drafts{clause}"),
        nothing=f"with {others} drafts no output passes",
        better="The human filter helps",
        worse="The human filter does harm",
        open_="whether the human filter helps",
    )


def of_cloning(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word imitation against logits."""
    return _either(
        comparisons[0],
        rule,
        arms=("with the teacher's logits", "with the texts alone"),
        nothing="where texts are imitated no output is right",
        better="Logits teach better",
        worse="Texts teach better than logits",
        open_="whether logits teach better",
    )


def of_experts(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word an isolated expert against a dense student."""
    return _either(
        comparisons[0],
        rule,
        arms=("with the isolated expert", "with the dense student"),
        nothing="of the dense student no output passes",
        better="The isolated expert is the better student",
        worse="The dense student is the better one",
        open_="which is the better student",
    )


def of_shapes(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word an encoder–decoder against a decoder."""
    return _either(
        comparisons[0],
        rule,
        arms=("with the encoder–decoder", "with the decoder"),
        nothing="of the decoder no output passes",
        better="The encoder–decoder is the better student",
        worse="The decoder is the better student",
        open_="which is the better student",
    )


def of_retrieval(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word a miniature against one answer to all claims and, once that is shown, against the rules."""
    comparison = comparisons[1] if comparisons[0].is_shown else comparisons[0]
    against = _CALLED[comparison.against]
    return _either(
        comparison,
        rule,
        arms=("with the miniature", f"with {against}"),
        nothing=f"with {against} no claim is right",
        better="A miniature vets retrieved passages better than the rules",
        worse=f"A miniature vets retrieved passages worse than {against}",
        open_=f"whether a miniature vets retrieved passages better than {against}",
    )


def _either(
    comparison: ArmComparison,
    rule: Mapping[str, Any],
    *,
    arms: tuple[str, str],
    nothing: str,
    better: str,
    worse: str,
    open_: str,
) -> str:
    if comparison.lost is None or comparison.low is None or comparison.problem:
        return f"The study cannot tell: {comparison.problem or nothing}."
    difference = f"{arms[0]} {_words(comparison, rule)} than {arms[1]}{_range(comparison)}"
    if comparison.is_shown:
        return f"{better}: {difference}."
    if comparison.low > 0:
        return f"{worse}: {difference}."
    return f"The study does not show {open_}: {difference}, and the interval includes zero."


def of_router(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word experts behind a router against one larger student."""
    comparison, allowed = comparisons[0], percent(rule["tolerance"])
    if comparison.lost is None or comparison.low is None or comparison.high is None or comparison.problem:
        return f"The study cannot tell: {comparison.problem or 'of the larger student no output passes'}."
    finding = (
        f"with {len(rule['experts'])} experts, picked by '{rule['fact']}', "
        f"{_words(comparison, rule)} than with one larger student{_range(comparison)}"
    )
    if comparison.high < 0:
        return f"Experts behind a router are better: {finding}."
    if comparison.is_shown:
        return (
            "Experts behind a router are as good as one larger student: "
            f"{finding}, within the {allowed} that was allowed."
        )
    if comparison.low > rule["tolerance"]:
        return f"One larger student is better: {finding}, beyond the {allowed} that was allowed."
    return f"Undecided: {finding}; the interval includes the {allowed} that was allowed."


def of_minutes(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word arms that spend the same expert minutes."""
    of = f"of the same {rule['minutes']} expert minutes"
    compared = sorted(
        (each for each in comparisons if each.lost is not None and not each.problem), key=lambda each: each.lost or 0.0
    )
    if not compared:
        return f"The study cannot tell: {comparisons[0].problem or 'with SFT alone no output passes'}."
    best = next((each for each in compared if each.is_shown), compared[0])
    finding = f"{_words(best, rule)} than with SFT alone{_range(best)}"
    if best.is_shown:
        return f"{best.arm} makes more {of} than SFT alone: {finding}."
    if len(compared) == len(comparisons) and all((each.low or 0.0) > 0 for each in compared):
        return f"SFT alone makes the most {of}: with {best.arm}, which comes nearest, {finding}."
    return f"The study does not show that any arm makes more {of} than SFT alone: with {best.arm} {finding}."


def of_students(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word the smallest student that holds."""
    allowed, largest = percent(rule["tolerance"]), comparisons[0].against
    shown = [each for each in comparisons if each.is_shown]
    if shown:
        return (
            f"{shown[-1].arm} is the smallest that holds: {_words(shown[-1], rule)} than with "
            f"{largest}{_range(shown[-1])}, less than the {allowed} that was allowed."
        )
    first = comparisons[0]
    if first.problem or first.lost is None:
        return f"The study cannot tell: {first.problem or f'with {largest} no output passes'}."
    if rule.get("families"):
        return (
            f"No student smaller than {largest} is shown to hold in any family: "
            f"with {first.arm} {_words(first, rule)}{_range(first)}."
        )
    return f"No student smaller than {largest} is shown to hold: with {first.arm} {_words(first, rule)}{_range(first)}."


def of_methods(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word LoRA against full fine-tuning across students."""
    allowed = percent(rule["tolerance"])
    shown, first = [each for each in comparisons if each.is_shown], comparisons[0]
    if len(shown) == len(comparisons):
        worst = max(shown, key=lambda each: each.high or 0.0)
        return (
            f"LoRA is as good as full fine-tuning on all {len(comparisons)} students: at most ({worst.arm}) "
            f"{_words(worst, rule)}{_range(worst)}, within the {allowed} that was allowed."
        )
    if shown:
        last, next_one = shown[-1], comparisons[len(shown)]
        ended = next_one.problem or f"with {next_one.arm} it is not shown"
        return (
            f"LoRA is as good as full fine-tuning on the larger students down to {last.arm}: "
            f"{_words(last, rule)}{_range(last)}; {ended}."
        )
    if first.problem or first.lost is None or first.low is None:
        return f"The study cannot tell: {first.problem or 'with full fine-tuning no output passes'}."
    result = "LoRA is worse on the largest student" if first.low > rule["tolerance"] else "Undecided"
    return (
        f"{result}: with {first.arm} {_words(first, rule)} than with full fine-tuning{_range(first)}; "
        f"{allowed} was allowed."
    )


def of_context(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word a shorter context against a longer one."""
    return _enough(comparisons[0], rule, "The shorter context", "with a context of ")


def of_precision(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word half precision against full."""
    return _enough(comparisons[0], rule, "Half precision", "with ")


def _enough(first: ArmComparison, rule: Mapping[str, Any], subject: str, with_: str) -> str:
    """Word whether an arm that takes less loses anything."""
    allowed = percent(rule["tolerance"])
    if first.problem or first.lost is None or first.low is None:
        return f"The study cannot tell: {first.problem or f'with {first.against} no output passes'}."
    finding = f"{with_}{first.arm} {_words(first, rule)} than with {first.against}{_range(first)}"
    if first.is_shown:
        return f"{subject} is enough: {finding}, within the {allowed} that was allowed."
    if first.low > rule["tolerance"]:
        return f"{subject} loses: {finding}, beyond the {allowed} that was allowed."
    return f"Undecided: {finding}; the interval includes the {allowed} that was allowed."


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
    """Return whether a comparison has a figure to show."""
    return comparison.lost is not None and not comparison.problem


def compared(comparison: ArmComparison, rule: Mapping[str, Any]) -> str:
    """Word the difference of two arms with its interval, or the reason why it is unknown."""
    head = f"{comparison.arm} against {comparison.against}"
    if not is_told(comparison):
        return f"{head}: undecided, {comparison.problem or 'because no output passes'}"
    return f"{head}: {_words(comparison, rule)}{_range(comparison)}"


def _words(comparison: ArmComparison, rule: Mapping[str, Any]) -> str:
    lost = comparison.lost or 0.0
    if rule["metric"] in SHARE_METRICS:
        return f"{SHARE_METRICS[rule['metric']]} is {change(-lost)}"
    return f"the loss is {change(lost)}"


def _range(comparison: ArmComparison) -> str:
    return (
        ""
        if comparison.low is None or comparison.high is None
        else f" (lost: {ranged(comparison.low, comparison.high, comparison.level)})"
    )
