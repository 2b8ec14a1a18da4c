"""Comparisons of arms in words: the sentence of each kind of study, and the line on each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.states import SHARE_METRICS
from evaluation.studies.design import BY_RULES, ONE_ANSWER, RAW
from evaluation.studies.number_wording import change, percent, ranged

# Drafts that the human filter is held against, by whether they are raw, and what is told of them.
_UNFILTERED: Final = {False: ("unfiltered", ""), True: ("raw", ", which no one read")}

# Arms that a miniature is compared with, in a sentence.
_CALLED: Final = {BY_RULES: "the rules", ONE_ANSWER: "one answer to all claims"}


@dataclass(frozen=True)
class ArmComparison:
    """One question of the order.

    Attributes:
        lost: Share of the other's quality that is lost; negative where some is won. None where it cannot be told.
        is_shown: Whether it is shown to be within the bound, and all before it were.
        is_asked: Whether all before it were shown.
        problem: Why it cannot be told; empty where it can.
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


def of_filter(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on whether the human filter helps: against drafts that nobody read, where the study has such an arm."""
    others, told = _UNFILTERED[asked[0].against == RAW]
    return _either(
        asked[0],
        rule,
        arms=("with accepted and edited texts", f"with as many {others} drafts{told}"),
        nothing=f"with {others} drafts no output passes",
        better="The human filter helps",
        worse="The human filter does harm",
        open_="whether the human filter helps",
    )


def of_cloning(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on imitation against logits."""
    return _either(
        asked[0],
        rule,
        arms=("with the teacher's logits", "with the texts alone"),
        nothing="where texts are imitated no output is right",
        better="Logits teach better",
        worse="Texts teach better than logits",
        open_="whether logits teach better",
    )


def of_experts(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on an isolated expert against a dense student."""
    return _either(
        asked[0],
        rule,
        arms=("with the isolated expert", "with the dense student"),
        nothing="of the dense student no output passes",
        better="The isolated expert is the better student",
        worse="The dense student is the better one",
        open_="which is the better student",
    )


def of_retrieval(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """Word the verdict on a miniature: against one answer to all claims, and once that is shown against the rules."""
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
    one: ArmComparison,
    rule: Mapping[str, Any],
    *,
    arms: tuple[str, str],
    nothing: str,
    better: str,
    worse: str,
    open_: str,
) -> str:
    if one.lost is None or one.low is None or one.problem:
        return f"The study cannot tell: {one.problem or nothing}."
    found = f"{arms[0]} {_words(one, rule)} than {arms[1]}{_range(one)}"
    if one.is_shown:
        return f"{better}: {found}."
    if one.low > 0:
        return f"{worse}: {found}."
    return f"The study does not show {open_}: {found}, and the interval includes zero."


def of_router(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on experts behind a router against one larger student."""
    one, allowed = asked[0], percent(rule["tolerance"])
    if one.lost is None or one.low is None or one.high is None or one.problem:
        return f"The study cannot tell: {one.problem or 'of the larger student no output passes'}."
    finding = f"with {len(rule['experts'])} experts, picked by '{rule['fact']}', {_words(one, rule)} than with one larger student{_range(one)}"
    if one.high < 0:
        return f"Experts behind a router are better: {finding}."
    if one.is_shown:
        return f"Experts behind a router are as good as one larger student: {finding}, within the {allowed} that was allowed."
    if one.low > rule["tolerance"]:
        return f"One larger student is better: {finding}, beyond the {allowed} that was allowed."
    return f"Undecided: {finding}; the interval includes the {allowed} that was allowed."


def of_minutes(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on arms that spend the same expert minutes."""
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
    return f"The study does not show that any arm makes more {of} than SFT alone: with {best.arm} {finding}."


def of_students(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on the smallest student that holds."""
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


def of_methods(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on LoRA against full fine-tuning across students."""
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
    told = "LoRA is worse on the largest student" if first.low > rule["tolerance"] else "Undecided"
    return f"{told}: with {first.arm} {_words(first, rule)} than with full fine-tuning{_range(first)}; {allowed} was allowed."


def of_context(asked: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    """The sentence on a shorter context against a longer one."""
    allowed, first = percent(rule["tolerance"]), asked[0]
    if first.problem or first.lost is None or first.low is None:
        return f"The study cannot tell: {first.problem or f'with {first.against} no output passes'}."
    finding = f"with a context of {first.arm} {_words(first, rule)} than with {first.against}{_range(first)}"
    if first.is_shown:
        return f"The shorter context is enough: {finding}, within the {allowed} that was allowed."
    if first.low > rule["tolerance"]:
        return f"The shorter context loses: {finding}, beyond the {allowed} that was allowed."
    return f"Undecided: {finding}; the interval includes the {allowed} that was allowed."


def finding(one: ArmComparison, rule: Mapping[str, Any]) -> str:
    """A line of a verdict on one question of its order."""
    if not is_told(one):
        return f"{compared(one, rule)}."
    told = (
        "shown"
        if one.is_shown
        else "not shown"
        if one.is_asked
        else "not tested, because the comparison before was not shown"
    )
    return f"{compared(one, rule)}; {told}."


def is_told(one: ArmComparison) -> bool:
    """Return whether a comparison has a figure that may be told."""
    return one.lost is not None and not one.problem


def compared(one: ArmComparison, rule: Mapping[str, Any]) -> str:
    """Return what two arms differ by with its interval, or why it cannot be told."""
    head = f"{one.arm} against {one.against}"
    if not is_told(one):
        return f"{head}: undecided, {one.problem or 'because no output passes'}"
    return f"{head}: {_words(one, rule)}{_range(one)}"


def _words(one: ArmComparison, rule: Mapping[str, Any]) -> str:
    lost = one.lost or 0.0
    if rule["metric"] in SHARE_METRICS:
        return f"{SHARE_METRICS[rule['metric']]} is {change(-lost)}"
    return f"the loss is {change(lost)}"


def _range(one: ArmComparison) -> str:
    return "" if one.low is None or one.high is None else f" (lost: {ranged(one.low, one.high, one.level)})"
