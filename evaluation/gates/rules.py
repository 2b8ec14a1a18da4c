"""Rules of a gate: thresholds, margins of non-inferiority, a bound of forgetting. Pure Python.

Bounds are in the metric's own unit; of a share from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import CHECKS, METRICS, MetricDisplay, of_check, of_field
from evaluation.states import Against, RuleKind
from web.errors import Refusal
from web.templatetags.figures import fixed

MOST_RULES: Final = 20
LONGEST_NAME: Final = 120
FORGETTING: Final = MetricDisplay("forgetting", "Forgetting", "Growth of the loss on a general text.", "percent", 1)
# Of what more is better; of all else less is.
_MORE_IS_BETTER: Final = frozenset({"exact", "passes_all", "has_shape", "facts_right", "chrf", "rouge_l"})
_MORE_IS_BETTER_BEGINNINGS: Final = (CHECKS, "right_", "macro_f1_", "f1_", "quoted_", "quote_f1_")
# A length is neither good nor bad in itself, so nothing can be worse by it.
_NEITHER: Final = frozenset({"words"})
# Figures of a whole split: differences are measured of what each record has by itself.
_WITHOUT_DIFFERENCES: Final = ("macro_f1_", "rmse_")


@dataclass(frozen=True)
class GateRule:
    """One rule.

    Attributes:
        metric: Name of a metric; empty of forgetting.
        bound: The threshold, or the most that may be lost.
        against: With whom a margin compares; empty of other kinds.
        name: How people call it; what it asks, where nobody named it.
        suite: Name of the suite whose cases it is judged on; empty of a whole split.
    """

    kind: RuleKind
    metric: str
    bound: float
    against: str = ""
    name: str = ""
    suite: str = ""

    @property
    def display(self) -> MetricDisplay:
        return FORGETTING if self.kind == RuleKind.FORGETTING else display_of(self.metric)

    @property
    def wanted(self) -> str:
        """Return what it asks, such as "at least 70.0 %"."""
        if self.kind == RuleKind.NOT_WORSE:
            return (
                f"not worse than {Against(self.against).label.lower()} by more than "
                f"{in_words(self.bound, self.display, margin=True)}"
            )
        word = "at least" if self.kind == RuleKind.AT_LEAST else "at most"
        return f"{word} {in_words(self.bound, self.display)}"

    @property
    def title(self) -> str:
        """Its name, else metric and bound."""
        return self.name or f"{self.display.label}{self.where}: {self.wanted}"

    @property
    def where(self) -> str:
        """On which suite, in words; empty of a whole split."""
        return f" on '{self.suite}'" if self.suite else ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.metric}:{self.against}{'@' if self.suite else ''}{self.suite}"

    @property
    def percent(self) -> bool:
        """Return whether pages ask for its bound in per cent, or points."""
        return self.display.unit == "percent"

    @property
    def scale(self) -> int:
        """Factor between the stored bound and the one on a page: per cent of shares, 1,000 outputs of prices."""
        return {"percent": 100, "usd": 1000}.get(self.display.unit, 1)

    def as_json(self) -> dict[str, Any]:
        kept = {**asdict(self), "kind": str(self.kind)}
        # Gates that were set before rules had suites stay the same gates.
        return {name: value for name, value in kept.items() if value or name != "suite"}


def display_of(metric: str) -> MetricDisplay:
    display = next((each for each in METRICS if each.name == metric), None)
    return display or of_field(metric) or of_check(metric)


def more_is_better(metric: str) -> bool:
    return metric in _MORE_IS_BETTER or metric.startswith(_MORE_IS_BETTER_BEGINNINGS)


def in_words(number: float, display: MetricDisplay, *, margin: bool = False) -> str:
    """A value as sentences write it; a margin of shares in points."""
    if display.unit == "percent":
        return f"{fixed(100 * number, display.digits)} {'points' if margin else '%'}"
    if display.unit == "usd":
        return f"${fixed(1000 * number, 4)}"
    return f"{fixed(number, display.digits)}{' s' if display.unit == 'seconds' else ''}"


def read(rows: Sequence[Mapping[str, Any]]) -> list[GateRule]:
    return [GateRule(**{**row, "kind": RuleKind(row["kind"])}) for row in rows]


def check(rules: Sequence[GateRule]) -> None:
    """Refuse rules that could not be judged.

    Raises:
        Refusal: 422, with the first rule that cannot be and why.
    """
    if len(rules) > MOST_RULES:
        raise _refused(f"{len(rules)} rules; a gate has at most {MOST_RULES}.")
    for place, rule in enumerate(rules, start=1):
        if why := _fault(rule):
            raise _refused(f"Rule {place}: {why}")
    keys = [rule.key for rule in rules]
    if double := next((rule for rule in rules if keys.count(rule.key) > 1), None):
        raise _refused(f"Two rules test the same metric, '{double.display.label}'; keep the stricter one.")


def _fault(rule: GateRule) -> str:
    """Reason why a rule cannot be judged; empty where it can."""
    if not math.isfinite(rule.bound) or rule.bound < 0:
        return f"the bound is {rule.bound:g}; write a number of 0 or more."
    if rule.kind == RuleKind.FORGETTING:
        return "forgetting has no metric to name." if rule.metric or rule.against else ""
    if not is_metric(rule.metric):
        return f"there is no metric '{rule.metric}'; take one of an evaluation's page, such as passes_all."
    if rule.percent and rule.bound > 1:
        return f"the bound of a share is {rule.bound:g}; write it from 0 to 1, such as 0.7."
    if (rule.kind == RuleKind.NOT_WORSE) != bool(rule.against):
        return "a margin names with whom it compares (against), other rules do not."
    if rule.kind == RuleKind.NOT_WORSE and rule.metric in _NEITHER:
        return f"of '{rule.metric}' neither more nor less is better, so nothing can be worse by it."
    if rule.kind == RuleKind.NOT_WORSE and rule.metric.startswith(_WITHOUT_DIFFERENCES):
        return f"'{rule.metric}' is a figure of the whole split, without a margin against another; write a threshold."
    return _wrong_way(rule)


def _wrong_way(rule: GateRule) -> str:
    """Reason why a threshold asks for the worse direction; empty where it does not."""
    if rule.metric in _NEITHER or rule.kind not in (RuleKind.AT_LEAST, RuleKind.AT_MOST):
        return ""
    if more_is_better(rule.metric) == (rule.kind == RuleKind.AT_LEAST):
        return ""
    better, word = ("more", "at least") if more_is_better(rule.metric) else ("less", "at most")
    return f"of '{rule.display.label}' {better} is better; ask {word}."


def is_metric(name: str) -> bool:
    is_listed = any(each.name == name for each in METRICS)
    return is_listed or of_field(name) is not None or (name.startswith(CHECKS) and len(name) > len(CHECKS))


def _refused(message: str) -> Refusal:
    return Refusal("bad_gate", message, hint="Nothing was changed.", status=422)


def proposed(summary: Mapping[str, Any], *, judged_by: str) -> list[GateRule]:
    """Rules that make sense for a task; none is enforced until a lead sets it.

    Args:
        summary: What its newest evaluation measured; empty where there is none.
    """
    rules = [
        GateRule(RuleKind.AT_LEAST, judged_by, 0.7),
        GateRule(RuleKind.NOT_WORSE, judged_by, 0.05, Against.TEACHER),
        GateRule(RuleKind.FORGETTING, "", tables.MUCH_FORGOTTEN),
    ]
    if not summary or any("nonwords_per_200" in scored for scored in summary.get("systems", {}).values()):
        rules.append(GateRule(RuleKind.AT_MOST, "nonwords_per_200", 1.0))
    return rules
