"""A gate judged on what an evaluation measured. Pure Python.

Each rule is judged by the end of the interval that speaks against it (non-inferiority; Piaggio et al. 2012, JAMA
308(24)): a miniature passes *at least 70 %* when the lower end is 70 % or more, fails when the upper end is less, else
nothing can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from evaluation.evaluations import tables
from evaluation.evaluations.answer import BASELINES
from evaluation.gates.rules import GateRule, in_words, more_is_better
from evaluation.states import Against, RuleKind, RuleOutcome
from stats.intervals.shares import FEW

_KINDS: Final = {
    Against.TEACHER: frozenset({"teacher"}),
    Against.BASE: frozenset({"base"}),
    Against.BASELINE: BASELINES,
}


@dataclass(frozen=True)
class RuleFinding:
    """One rule, and what was measured.

    Attributes:
        found: The value, or for a margin what is lost (negative where something is won), in the metric's unit.
    """

    rule: GateRule
    outcome: RuleOutcome
    sentence: str
    found: float | None = None
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.rule.title,
            "wanted": self.rule.wanted,
            "found": self.found,
            "low": self.low,
            "high": self.high,
            "outcome": str(self.outcome),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class GateFinding:
    rules: tuple[RuleFinding, ...]

    @property
    def passes(self) -> bool | None:
        """True where every rule passes, False where one fails, None where nothing can be told, or nothing was asked."""
        outcomes = {finding.outcome for finding in self.rules}
        if RuleOutcome.FAILS in outcomes:
            return False
        return True if outcomes == {RuleOutcome.PASSES} else None

    @property
    def reasons(self) -> list[str]:
        return [finding.sentence for finding in self.rules if finding.outcome != RuleOutcome.PASSES]


def assess(rules: list[GateRule], summary: dict[str, Any], *, own_system: str) -> GateFinding:
    """Judge rules on an evaluation.

    Args:
        summary: The evaluation's; empty while it is not done.
        own_system: The system that the evaluation is of.
    """
    if why := _no_verdict(summary, own_system):
        return GateFinding(tuple(_unknown(rule, why) for rule in rules))
    return GateFinding(tuple(_one(rule, summary, own_system) for rule in rules))


def _no_verdict(summary: dict[str, Any], own_system: str) -> str:
    if not summary:
        return "nothing was measured yet"
    if summary.get("is_exploratory"):
        return "this look at the test split came after those that were planned, and gives no verdict"
    return "" if own_system in summary.get("systems", {}) else f"{own_system} wrote nothing in this evaluation"


def _one(rule: GateRule, summary: dict[str, Any], own_system: str) -> RuleFinding:
    if rule.kind == RuleKind.FORGETTING:
        return _forgetting(rule, summary, own_system)
    if rule.kind == RuleKind.NOT_WORSE:
        return _not_worse(rule, summary, own_system)
    value = summary["systems"][own_system].get(rule.metric)
    if value is None:
        return _unknown(rule, "it was not measured here")
    sign = -1.0 if rule.kind == RuleKind.AT_LEAST else 1.0
    return _judged(rule, value, summary, sign=sign, bound=sign * rule.bound)


def _forgetting(rule: GateRule, summary: dict[str, Any], own_system: str) -> RuleFinding:
    grown = tables.forgotten(summary, own_system)
    if grown is None:
        return _unknown(rule, "the loss on a general text was not measured of both the miniature and its base")
    change, low, high = grown
    return _by_ends(rule, (change, low, high), (low, high), rule.bound)


def _not_worse(rule: GateRule, summary: dict[str, Any], own_system: str) -> RuleFinding:
    other = _best(summary, rule)
    if other is None:
        return _unknown(rule, f"{Against(rule.against).label.lower()} was not measured beside it")
    value = _difference(summary, rule.metric, own_system, other)
    if value is None:
        return _unknown(rule, f"its difference from {other} was not measured")
    # What is lost: less of what is better with more, more of what is better with less.
    lost = -1.0 if more_is_better(rule.metric) else 1.0
    ends = sorted((lost * value["low"], lost * value["high"])) if value["low"] is not None else (None, None)
    loss = {**value, "mean": lost * value["mean"], "low": ends[0], "high": ends[1]}
    return _judged(rule, loss, summary, sign=1.0, bound=rule.bound)


def _best(summary: dict[str, Any], rule: GateRule) -> str | None:
    """Choose the best compared system by the rule's metric; the first by name where several are level."""
    kinds, kinds_compared = summary.get("kinds", {}), _KINDS[Against(rule.against)]
    means: dict[str, float] = {
        name: scored[rule.metric]["mean"]
        for name, scored in sorted(summary["systems"].items())
        if kinds.get(name) in kinds_compared and rule.metric in scored
    }
    if not means:
        return None
    return max(means, key=lambda name: means[name] if more_is_better(rule.metric) else -means[name])


def _difference(summary: dict[str, Any], metric: str, own_system: str, reference: str) -> dict[str, Any] | None:
    lines = summary.get("differences", ())
    return next(
        (d["value"] for d in lines if (d["metric"], d["of"], d["against"]) == (metric, own_system, reference)), None
    )


def _judged(
    rule: GateRule, value: dict[str, Any], summary: dict[str, Any], *, sign: float, bound: float
) -> RuleFinding:
    """Judge a measured value by its interval over companies; `sign` turns it so that less is better."""
    companies, low, high = value.get("companies"), value["low"], value["high"]
    fewest = tables.fewest_companies(summary)
    measured = (value["mean"], low, high)
    if companies is None:
        return _unknown(rule, "it was measured before independent records were counted; evaluate again", measured)
    if companies < fewest:
        return _unknown(rule, f"it is of {companies} independent records, and a verdict needs {fewest}", measured)
    # A mean that never varied has no interval; over so many it is taken for what it is.
    if low is None and companies >= FEW:
        low = high = value["mean"]
    ends = (low, high) if sign > 0 or low is None or high is None else (-high, -low)
    return _by_ends(rule, measured, ends, bound)


def _by_ends(
    rule: GateRule,
    measured: tuple[float, float | None, float | None],
    ends: tuple[float | None, float | None],
    bound: float,
) -> RuleFinding:
    best, worst = ends
    if best is None or worst is None:
        return _unknown(rule, "it has no interval: too few were measured", measured)
    if worst <= bound:
        outcome, word = RuleOutcome.PASSES, "passes"
    elif best > bound:
        outcome, word = RuleOutcome.FAILS, "fails"
    else:
        return _unknown(rule, "more records are needed", measured)
    return RuleFinding(rule, outcome, f"{rule.title} {word}: {_found(rule, measured)}.", *measured)


def _unknown(
    rule: GateRule, why: str, measured: tuple[float | None, float | None, float | None] = (None, None, None)
) -> RuleFinding:
    mean, low, high = measured
    finding = "" if mean is None else f"{_found(rule, (mean, low, high))}; "
    return RuleFinding(rule, RuleOutcome.CANNOT_TELL, f"{rule.title} is undecided: {finding}{why}.", *measured)


def _found(rule: GateRule, measured: tuple[float, float | None, float | None]) -> str:
    mean, low, high = measured
    is_margin = rule.kind == RuleKind.NOT_WORSE
    text = f"{in_words(mean, rule.display, margin=is_margin)}{' lost' if is_margin else ''}"
    if low is None or high is None:
        return text
    ends = [in_words(end, rule.display, margin=is_margin) for end in (low, high)]
    return f"{text} ({ends[0]} to {ends[1]})"
